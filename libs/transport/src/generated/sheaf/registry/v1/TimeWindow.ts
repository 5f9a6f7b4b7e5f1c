// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface TimeWindow {
  'fromMs'?: (number | string | Long);
  'toMs'?: (number | string | Long);
}

export interface TimeWindow__Output {
  'fromMs': (number);
  'toMs': (number);
}
