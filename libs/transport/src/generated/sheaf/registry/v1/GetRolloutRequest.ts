// Original file: proto/sheaf/registry/v1/registry.proto


export interface GetRolloutRequest {
  'kind'?: (string);
  'name'?: (string);
}

export interface GetRolloutRequest__Output {
  'kind': (string);
  'name': (string);
}
