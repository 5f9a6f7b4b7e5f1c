// Original file: proto/sheaf/registry/v1/registry.proto

import type { Alias as _sheaf_registry_v1_Alias, Alias__Output as _sheaf_registry_v1_Alias__Output } from '../../../sheaf/registry/v1/Alias.ts';
import type { WatchedVersion as _sheaf_registry_v1_WatchedVersion, WatchedVersion__Output as _sheaf_registry_v1_WatchedVersion__Output } from '../../../sheaf/registry/v1/WatchedVersion.ts';
import type { Rollout as _sheaf_registry_v1_Rollout, Rollout__Output as _sheaf_registry_v1_Rollout__Output } from '../../../sheaf/registry/v1/Rollout.ts';

export interface WatchedEntry {
  'kind'?: (string);
  'name'?: (string);
  'aliases'?: (_sheaf_registry_v1_Alias)[];
  'versions'?: (_sheaf_registry_v1_WatchedVersion)[];
  'rollouts'?: (_sheaf_registry_v1_Rollout)[];
}

export interface WatchedEntry__Output {
  'kind': (string);
  'name': (string);
  'aliases': (_sheaf_registry_v1_Alias__Output)[];
  'versions': (_sheaf_registry_v1_WatchedVersion__Output)[];
  'rollouts': (_sheaf_registry_v1_Rollout__Output)[];
}
