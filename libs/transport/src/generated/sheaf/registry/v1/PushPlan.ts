// Original file: proto/sheaf/registry/v1/registry.proto

import type { MissingFile as _sheaf_registry_v1_MissingFile, MissingFile__Output as _sheaf_registry_v1_MissingFile__Output } from '../../../sheaf/registry/v1/MissingFile.ts';

export interface PushPlan {
  'digest'?: (string);
  'missing'?: (_sheaf_registry_v1_MissingFile)[];
}

export interface PushPlan__Output {
  'digest': (string);
  'missing': (_sheaf_registry_v1_MissingFile__Output)[];
}
