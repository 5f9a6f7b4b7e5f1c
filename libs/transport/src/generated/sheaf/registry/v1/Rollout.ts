// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface Rollout {
  'id'?: (number | string | Long);
  'kind'?: (string);
  'name'?: (string);
  'slot'?: (string);
  'versions'?: (number | string | Long)[];
  'specJson'?: (string);
  'state'?: (string);
  'step'?: (number | string | Long);
  'ended'?: (boolean);
  'epoch'?: (number | string | Long);
  'reason'?: (string);
  'evidenceJson'?: (string);
  'createdAtMs'?: (number | string | Long);
  'changedAtMs'?: (number | string | Long);
  'by'?: (string);
}

export interface Rollout__Output {
  'id': (number);
  'kind': (string);
  'name': (string);
  'slot': (string);
  'versions': (number)[];
  'specJson': (string);
  'state': (string);
  'step': (number);
  'ended': (boolean);
  'epoch': (number);
  'reason': (string);
  'evidenceJson': (string);
  'createdAtMs': (number);
  'changedAtMs': (number);
  'by': (string);
}
