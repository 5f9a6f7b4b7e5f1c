// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface Offender {
  'service'?: (string);
  'caller'?: (string);
  'ends'?: (number);
  'slowedUntilMs'?: (number | string | Long);
  'untilMs'?: (number | string | Long);
}

export interface Offender__Output {
  'service': (string);
  'caller': (string);
  'ends': (number);
  'slowedUntilMs': (number);
  'untilMs': (number);
}
