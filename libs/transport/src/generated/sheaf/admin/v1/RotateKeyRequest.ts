// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface RotateKeyRequest {
  'id'?: (string);
  'overlapMs'?: (number | string | Long);
  'expiresInMs'?: (number | string | Long);
}

export interface RotateKeyRequest__Output {
  'id': (string);
  'overlapMs': (number);
  'expiresInMs': (number);
}
