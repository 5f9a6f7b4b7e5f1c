// Original file: proto/sheaf/predictions/v1/predictions.proto

import type { Long } from '@grpc/proto-loader';

export interface Generation {
  'collection'?: (string);
  'number'?: (number | string | Long);
  'subject'?: (string);
  'version'?: (string);
  'epoch'?: (number | string | Long);
}

export interface Generation__Output {
  'collection': (string);
  'number': (number);
  'subject': (string);
  'version': (string);
  'epoch': (number);
}
