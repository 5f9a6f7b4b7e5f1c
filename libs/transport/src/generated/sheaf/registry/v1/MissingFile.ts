// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface MissingFile {
  'sha256'?: (string);
  'sizeBytes'?: (number | string | Long);
  'offset'?: (number | string | Long);
}

export interface MissingFile__Output {
  'sha256': (string);
  'sizeBytes': (number);
  'offset': (number);
}
