// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface Alias {
  'kind'?: (string);
  'name'?: (string);
  'alias'?: (string);
  'version'?: (number | string | Long);
  'digest'?: (string);
  'epoch'?: (number | string | Long);
  'frozen'?: (boolean);
}

export interface Alias__Output {
  'kind': (string);
  'name': (string);
  'alias': (string);
  'version': (number);
  'digest': (string);
  'epoch': (number);
  'frozen': (boolean);
}
