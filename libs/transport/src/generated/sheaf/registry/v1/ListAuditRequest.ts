// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface ListAuditRequest {
  'after'?: (number | string | Long);
  'limit'?: (number);
}

export interface ListAuditRequest__Output {
  'after': (number);
  'limit': (number);
}
