// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface GetAliasAtRequest {
  'kind'?: (string);
  'name'?: (string);
  'alias'?: (string);
  'atMs'?: (number | string | Long);
}

export interface GetAliasAtRequest__Output {
  'kind': (string);
  'name': (string);
  'alias': (string);
  'atMs': (number);
}
