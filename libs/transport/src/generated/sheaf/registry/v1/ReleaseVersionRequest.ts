// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface ReleaseVersionRequest {
  'kind'?: (string);
  'name'?: (string);
  'version'?: (number | string | Long);
  'why'?: (string);
}

export interface ReleaseVersionRequest__Output {
  'kind': (string);
  'name': (string);
  'version': (number);
  'why': (string);
}
