// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface PushChunk {
  'sha256'?: (string);
  'offset'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
}

export interface PushChunk__Output {
  'sha256': (string);
  'offset': (number);
  'data': (Buffer);
}
