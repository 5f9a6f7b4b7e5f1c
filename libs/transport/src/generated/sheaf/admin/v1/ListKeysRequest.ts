// Original file: proto/sheaf/admin/v1/admin.proto


export interface ListKeysRequest {
  'after'?: (string);
  'limit'?: (number);
}

export interface ListKeysRequest__Output {
  'after': (string);
  'limit': (number);
}
