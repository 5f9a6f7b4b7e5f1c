// Original file: proto/sheaf/registry/v1/registry.proto


export interface FreezeAliasRequest {
  'kind'?: (string);
  'name'?: (string);
  'alias'?: (string);
  'frozen'?: (boolean);
  'why'?: (string);
}

export interface FreezeAliasRequest__Output {
  'kind': (string);
  'name': (string);
  'alias': (string);
  'frozen': (boolean);
  'why': (string);
}
