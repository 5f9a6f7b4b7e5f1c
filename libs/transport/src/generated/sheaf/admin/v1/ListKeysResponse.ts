// Original file: proto/sheaf/admin/v1/admin.proto

import type { ApiKey as _sheaf_admin_v1_ApiKey, ApiKey__Output as _sheaf_admin_v1_ApiKey__Output } from '../../../sheaf/admin/v1/ApiKey.ts';

export interface ListKeysResponse {
  'keys'?: (_sheaf_admin_v1_ApiKey)[];
}

export interface ListKeysResponse__Output {
  'keys': (_sheaf_admin_v1_ApiKey__Output)[];
}
