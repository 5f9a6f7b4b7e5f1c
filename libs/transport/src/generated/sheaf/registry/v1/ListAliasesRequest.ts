// Original file: proto/sheaf/registry/v1/registry.proto


export interface ListAliasesRequest {
  'kind'?: (string);
  'name'?: (string);
}

export interface ListAliasesRequest__Output {
  'kind': (string);
  'name': (string);
}
