// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface SetLogLevelsRequest {
  'rooms'?: (string)[];
  'level'?: (string);
  'forMs'?: (number | string | Long);
}

export interface SetLogLevelsRequest__Output {
  'rooms': (string)[];
  'level': (string);
  'forMs': (number);
}
