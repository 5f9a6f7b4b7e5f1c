// Original file: proto/sheaf/admin/v1/admin.proto

import type { AuditEntry as _sheaf_admin_v1_AuditEntry, AuditEntry__Output as _sheaf_admin_v1_AuditEntry__Output } from '../../../sheaf/admin/v1/AuditEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListAuditResponse {
  'entries'?: (_sheaf_admin_v1_AuditEntry)[];
  'brokenAt'?: (number | string | Long);
}

export interface ListAuditResponse__Output {
  'entries': (_sheaf_admin_v1_AuditEntry__Output)[];
  'brokenAt': (number);
}
