// Original file: proto/sheaf/admin/v1/admin.proto

import type { Limit as _sheaf_admin_v1_Limit, Limit__Output as _sheaf_admin_v1_Limit__Output } from '../../../sheaf/admin/v1/Limit.ts';

export interface GetLimitsResponse {
  'limits'?: (_sheaf_admin_v1_Limit)[];
}

export interface GetLimitsResponse__Output {
  'limits': (_sheaf_admin_v1_Limit__Output)[];
}
