// Original file: proto/sheaf/admin/v1/admin.proto


export interface ClearQuarantineResponse {
  'cleared'?: (number);
}

export interface ClearQuarantineResponse__Output {
  'cleared': (number);
}
