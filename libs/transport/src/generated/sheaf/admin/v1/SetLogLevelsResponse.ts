// Original file: proto/sheaf/admin/v1/admin.proto

import type { RoomLevel as _sheaf_admin_v1_RoomLevel, RoomLevel__Output as _sheaf_admin_v1_RoomLevel__Output } from '../../../sheaf/admin/v1/RoomLevel.ts';

export interface SetLogLevelsResponse {
  'rooms'?: (_sheaf_admin_v1_RoomLevel)[];
}

export interface SetLogLevelsResponse__Output {
  'rooms': (_sheaf_admin_v1_RoomLevel__Output)[];
}
