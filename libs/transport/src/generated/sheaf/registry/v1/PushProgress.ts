// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface PushProgress {
  'sha256'?: (string);
  'offset'?: (number | string | Long);
}

export interface PushProgress__Output {
  'sha256': (string);
  'offset': (number);
}
