// Original file: proto/sheaf/registry/v1/registry.proto

import type { Long } from '@grpc/proto-loader';

export interface DownloadRequest {
  'kind'?: (string);
  'name'?: (string);
  'version'?: (string);
  'path'?: (string);
  'offset'?: (number | string | Long);
  'length'?: (number | string | Long);
}

export interface DownloadRequest__Output {
  'kind': (string);
  'name': (string);
  'version': (string);
  'path': (string);
  'offset': (number);
  'length': (number);
}
