// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchedVersion {
  'version'?: (number | string | Long);
  'digest'?: (string);
  'state'?: (string);
}

export interface WatchedVersion__Output {
  'version': (number);
  'digest': (string);
  'state': (string);
}
