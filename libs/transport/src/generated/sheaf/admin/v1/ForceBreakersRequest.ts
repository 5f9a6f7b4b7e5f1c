// Original file: proto/sheaf/admin/v1/admin.proto

import type { ForcedState as _sheaf_admin_v1_ForcedState, ForcedState__Output as _sheaf_admin_v1_ForcedState__Output } from '../../../sheaf/admin/v1/ForcedState.ts';

export interface ForceBreakersRequest {
  'service'?: (string);
  'endpoint'?: (string);
  'model'?: (string);
  'version'?: (string);
  'to'?: (_sheaf_admin_v1_ForcedState);
}

export interface ForceBreakersRequest__Output {
  'service': (string);
  'endpoint': (string);
  'model': (string);
  'version': (string);
  'to': (_sheaf_admin_v1_ForcedState__Output);
}
