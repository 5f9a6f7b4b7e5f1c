// Original file: proto/sheaf/admin/v1/admin.proto


export interface ClearQuarantineRequest {
  'digest'?: (string);
}

export interface ClearQuarantineRequest__Output {
  'digest': (string);
}
