// Original file: proto/sheaf/registry/v1/registry.proto

import type { Version as _sheaf_registry_v1_Version, Version__Output as _sheaf_registry_v1_Version__Output } from '../../../sheaf/registry/v1/Version.ts';

export interface PushDone {
  'version'?: (_sheaf_registry_v1_Version | null);
  'created'?: (boolean);
}

export interface PushDone__Output {
  'version': (_sheaf_registry_v1_Version__Output | null);
  'created': (boolean);
}
