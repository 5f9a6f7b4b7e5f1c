// Original file: proto/sheaf/registry/v1/registry.proto

import type { EvidenceReport as _sheaf_registry_v1_EvidenceReport, EvidenceReport__Output as _sheaf_registry_v1_EvidenceReport__Output } from '../../../sheaf/registry/v1/EvidenceReport.ts';

export interface ReportEvidenceRequest {
  'source'?: (string);
  'reports'?: (_sheaf_registry_v1_EvidenceReport)[];
}

export interface ReportEvidenceRequest__Output {
  'source': (string);
  'reports': (_sheaf_registry_v1_EvidenceReport__Output)[];
}
