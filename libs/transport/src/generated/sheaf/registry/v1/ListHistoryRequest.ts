// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface ListHistoryRequest {
  'kind'?: (string);
  'name'?: (string);
  'alias'?: (string);
  'before'?: (number | string | Long);
  'limit'?: (number);
}

export interface ListHistoryRequest__Output {
  'kind': (string);
  'name': (string);
  'alias': (string);
  'before': (number);
  'limit': (number);
}
