// Original file: proto/sheaf/registry/v1/registry.proto


export interface GetVersionRequest {
  'kind'?: (string);
  'name'?: (string);
  'version'?: (string);
}

export interface GetVersionRequest__Output {
  'kind': (string);
  'name': (string);
  'version': (string);
}
