// Original file: proto/sheaf/admin/v1/admin.proto


export interface GetMetricsResponse {
  'text'?: (Buffer | Uint8Array | string);
}

export interface GetMetricsResponse__Output {
  'text': (Buffer);
}
