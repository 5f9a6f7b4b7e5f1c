// Original file: proto/sheaf/mesh/v1/mesh.proto

import type { Long } from '@grpc/proto-loader';

export interface ServerHello {
  'version'?: (number);
  'callsMax'?: (number);
  'bytesMax'?: (number | string | Long);
}

export interface ServerHello__Output {
  'version': (number);
  'callsMax': (number);
  'bytesMax': (string);
}
