// Original file: proto/sheaf/predictions/v1/predictions.proto

import type { Long } from '@grpc/proto-loader';

export interface GetRequest {
  'collection'?: (string);
  'key'?: (string);
  'ageMsMax'?: (number | string | Long);
}

export interface GetRequest__Output {
  'collection': (string);
  'key': (string);
  'ageMsMax': (number);
}
