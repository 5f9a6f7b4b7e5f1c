// Original file: proto/sheaf/registry/v1/registry.proto

import type { Manifest as _sheaf_registry_v1_Manifest, Manifest__Output as _sheaf_registry_v1_Manifest__Output } from '../../../sheaf/registry/v1/Manifest.ts';

export interface PushBegin {
  'kind'?: (string);
  'name'?: (string);
  'manifest'?: (_sheaf_registry_v1_Manifest | null);
  'fileCount'?: (number);
  'signature'?: (string);
}

export interface PushBegin__Output {
  'kind': (string);
  'name': (string);
  'manifest': (_sheaf_registry_v1_Manifest__Output | null);
  'fileCount': (number);
  'signature': (string);
}
