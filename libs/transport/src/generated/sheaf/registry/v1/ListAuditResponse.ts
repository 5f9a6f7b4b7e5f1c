// Original file: proto/sheaf/registry/v1/registry.proto

import type { AuditEntry as _sheaf_registry_v1_AuditEntry, AuditEntry__Output as _sheaf_registry_v1_AuditEntry__Output } from '../../../sheaf/registry/v1/AuditEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListAuditResponse {
  'entries'?: (_sheaf_registry_v1_AuditEntry)[];
  'brokenAt'?: (number | string | Long);
  'next'?: (number | string | Long);
}

export interface ListAuditResponse__Output {
  'entries': (_sheaf_registry_v1_AuditEntry__Output)[];
  'brokenAt': (number);
  'next': (number);
}
