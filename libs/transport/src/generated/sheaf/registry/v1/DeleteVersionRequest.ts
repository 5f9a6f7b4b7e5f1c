// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface DeleteVersionRequest {
  'kind'?: (string);
  'name'?: (string);
  'version'?: (number | string | Long);
  'why'?: (string);
}

export interface DeleteVersionRequest__Output {
  'kind': (string);
  'name': (string);
  'version': (number);
  'why': (string);
}
