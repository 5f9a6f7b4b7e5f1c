// Original file: proto/sheaf/registry/v1/registry.proto

import type { Rollout as _sheaf_registry_v1_Rollout, Rollout__Output as _sheaf_registry_v1_Rollout__Output } from '../../../sheaf/registry/v1/Rollout.ts';

export interface RolloutStanding {
  'rollout'?: (_sheaf_registry_v1_Rollout | null);
  'readingsJson'?: (string);
  'seenJson'?: (string);
}

export interface RolloutStanding__Output {
  'rollout': (_sheaf_registry_v1_Rollout__Output | null);
  'readingsJson': (string);
  'seenJson': (string);
}
