// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchRequest {
  'afterEpoch'?: (number | string | Long);
}

export interface WatchRequest__Output {
  'afterEpoch': (number);
}
