// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface AuditEntry {
  'sequence'?: (number | string | Long);
  'atMs'?: (number | string | Long);
  'actor'?: (string);
  'action'?: (string);
  'subject'?: (string);
  'detail'?: (string);
  'hash'?: (string);
}

export interface AuditEntry__Output {
  'sequence': (number);
  'atMs': (number);
  'actor': (string);
  'action': (string);
  'subject': (string);
  'detail': (string);
  'hash': (string);
}
