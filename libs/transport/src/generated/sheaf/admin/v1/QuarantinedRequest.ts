// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface QuarantinedRequest {
  'model'?: (string);
  'version'?: (string);
  'digest'?: (string);
  'refused'?: (boolean);
  'untilMs'?: (number | string | Long);
}

export interface QuarantinedRequest__Output {
  'model': (string);
  'version': (string);
  'digest': (string);
  'refused': (boolean);
  'untilMs': (number);
}
