// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface AuditEntry {
  'sequence'?: (number | string | Long);
  'atMs'?: (number | string | Long);
  'by'?: (string);
  'action'?: (string);
  'subject'?: (string);
  'detail'?: (string);
  'hash'?: (string);
}

export interface AuditEntry__Output {
  'sequence': (number);
  'atMs': (number);
  'by': (string);
  'action': (string);
  'subject': (string);
  'detail': (string);
  'hash': (string);
}
