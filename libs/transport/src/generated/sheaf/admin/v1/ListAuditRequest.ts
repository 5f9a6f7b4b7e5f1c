// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface ListAuditRequest {
  'after'?: (number | string | Long);
  'limit'?: (number);
}

export interface ListAuditRequest__Output {
  'after': (number);
  'limit': (number);
}
