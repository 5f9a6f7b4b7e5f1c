// Original file: proto/sheaf/admin/v1/admin.proto

import type { QuarantinedRequest as _sheaf_admin_v1_QuarantinedRequest, QuarantinedRequest__Output as _sheaf_admin_v1_QuarantinedRequest__Output } from '../../../sheaf/admin/v1/QuarantinedRequest.ts';
import type { Offender as _sheaf_admin_v1_Offender, Offender__Output as _sheaf_admin_v1_Offender__Output } from '../../../sheaf/admin/v1/Offender.ts';

export interface ListQuarantineResponse {
  'requests'?: (_sheaf_admin_v1_QuarantinedRequest)[];
  'offenders'?: (_sheaf_admin_v1_Offender)[];
}

export interface ListQuarantineResponse__Output {
  'requests': (_sheaf_admin_v1_QuarantinedRequest__Output)[];
  'offenders': (_sheaf_admin_v1_Offender__Output)[];
}
