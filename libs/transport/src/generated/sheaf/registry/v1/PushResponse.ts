// Original file: proto/sheaf/registry/v1/registry.proto

import type { PushPlan as _sheaf_registry_v1_PushPlan, PushPlan__Output as _sheaf_registry_v1_PushPlan__Output } from '../../../sheaf/registry/v1/PushPlan.ts';
import type { PushProgress as _sheaf_registry_v1_PushProgress, PushProgress__Output as _sheaf_registry_v1_PushProgress__Output } from '../../../sheaf/registry/v1/PushProgress.ts';
import type { PushDone as _sheaf_registry_v1_PushDone, PushDone__Output as _sheaf_registry_v1_PushDone__Output } from '../../../sheaf/registry/v1/PushDone.ts';

export interface PushResponse {
  'plan'?: (_sheaf_registry_v1_PushPlan | null);
  'progress'?: (_sheaf_registry_v1_PushProgress | null);
  'done'?: (_sheaf_registry_v1_PushDone | null);
  'step'?: "plan"|"progress"|"done";
}

export interface PushResponse__Output {
  'plan'?: (_sheaf_registry_v1_PushPlan__Output | null);
  'progress'?: (_sheaf_registry_v1_PushProgress__Output | null);
  'done'?: (_sheaf_registry_v1_PushDone__Output | null);
  'step'?: "plan"|"progress"|"done";
}
