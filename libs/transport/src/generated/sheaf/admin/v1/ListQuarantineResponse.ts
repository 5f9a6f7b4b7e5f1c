// Original file: proto/sheaf/admin/v1/admin.proto

import type { QuarantinedRequest as _sheaf_admin_v1_QuarantinedRequest, QuarantinedRequest__Output as _sheaf_admin_v1_QuarantinedRequest__Output } from '../../../sheaf/admin/v1/QuarantinedRequest.ts';

export interface ListQuarantineResponse {
  'requests'?: (_sheaf_admin_v1_QuarantinedRequest)[];
}

export interface ListQuarantineResponse__Output {
  'requests': (_sheaf_admin_v1_QuarantinedRequest__Output)[];
}
