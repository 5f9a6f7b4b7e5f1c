// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface ListVersionsRequest {
  'kind'?: (string);
  'name'?: (string);
  'before'?: (number | string | Long);
  'limit'?: (number);
  'withDeleted'?: (boolean);
}

export interface ListVersionsRequest__Output {
  'kind': (string);
  'name': (string);
  'before': (number);
  'limit': (number);
  'withDeleted': (boolean);
}
