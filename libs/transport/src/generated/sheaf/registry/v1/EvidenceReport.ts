// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface EvidenceReport {
  'rollout'?: (number | string | Long);
  'period'?: (number | string | Long);
  'evidenceJson'?: (string);
}

export interface EvidenceReport__Output {
  'rollout': (number);
  'period': (number);
  'evidenceJson': (string);
}
