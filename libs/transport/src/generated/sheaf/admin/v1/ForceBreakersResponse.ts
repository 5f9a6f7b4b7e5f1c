// Original file: proto/sheaf/admin/v1/admin.proto

import type { Breaker as _sheaf_admin_v1_Breaker, Breaker__Output as _sheaf_admin_v1_Breaker__Output } from '../../../sheaf/admin/v1/Breaker.ts';

export interface ForceBreakersResponse {
  'breakers'?: (_sheaf_admin_v1_Breaker)[];
}

export interface ForceBreakersResponse__Output {
  'breakers': (_sheaf_admin_v1_Breaker__Output)[];
}
