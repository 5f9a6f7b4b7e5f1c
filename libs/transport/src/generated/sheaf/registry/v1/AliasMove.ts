// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface AliasMove {
  'alias'?: (string);
  'from'?: (number | string | Long);
  'to'?: (number | string | Long);
  'epoch'?: (number | string | Long);
  'atMs'?: (number | string | Long);
  'by'?: (string);
  'why'?: (string);
  'evidence'?: (string);
  'force'?: (boolean);
}

export interface AliasMove__Output {
  'alias': (string);
  'from': (number);
  'to': (number);
  'epoch': (number);
  'atMs': (number);
  'by': (string);
  'why': (string);
  'evidence': (string);
  'force': (boolean);
}
