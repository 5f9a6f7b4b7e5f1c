// Original file: proto/sheaf/admin/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface RoomLevel {
  'room'?: (string);
  'level'?: (string);
  'untilMs'?: (number | string | Long);
}

export interface RoomLevel__Output {
  'room': (string);
  'level': (string);
  'untilMs': (number);
}
