// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface File {
  'path'?: (string);
  'sizeBytes'?: (number | string | Long);
  'sha256'?: (string);
}

export interface File__Output {
  'path': (string);
  'sizeBytes': (number);
  'sha256': (string);
}
