// Original file: proto/sheaf/predictions/v1/predictions.proto

import type { Long } from '@grpc/proto-loader';

export interface BatchGetRequest {
  'collection'?: (string);
  'keys'?: (string)[];
  'ageMsMax'?: (number | string | Long);
}

export interface BatchGetRequest__Output {
  'collection': (string);
  'keys': (string)[];
  'ageMsMax': (number);
}
