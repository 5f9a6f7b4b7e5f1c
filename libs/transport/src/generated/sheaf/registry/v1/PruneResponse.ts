// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface PruneResponse {
  'deleted'?: (number | string | Long)[];
}

export interface PruneResponse__Output {
  'deleted': (number)[];
}
