// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface MoveAliasRequest {
  'kind'?: (string);
  'name'?: (string);
  'alias'?: (string);
  'to'?: (string);
  'expectedEpoch'?: (number | string | Long);
  'why'?: (string);
  'evidence'?: (string);
  'force'?: (boolean);
}

export interface MoveAliasRequest__Output {
  'kind': (string);
  'name': (string);
  'alias': (string);
  'to': (string);
  'expectedEpoch': (number);
  'why': (string);
  'evidence': (string);
  'force': (boolean);
}
