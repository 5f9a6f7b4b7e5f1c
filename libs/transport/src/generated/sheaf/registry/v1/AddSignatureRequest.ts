// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface AddSignatureRequest {
  'kind'?: (string);
  'name'?: (string);
  'version'?: (number | string | Long);
  'bundle'?: (string);
}

export interface AddSignatureRequest__Output {
  'kind': (string);
  'name': (string);
  'version': (number);
  'bundle': (string);
}
