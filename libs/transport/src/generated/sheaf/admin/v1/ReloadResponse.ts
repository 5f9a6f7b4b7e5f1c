// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface ReloadResponse {
  'epoch'?: (number | string | Long);
  'changed'?: (string)[];
  'out'?: (string)[];
}

export interface ReloadResponse__Output {
  'epoch': (number);
  'changed': (string)[];
  'out': (string)[];
}
