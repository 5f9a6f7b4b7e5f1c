// Original file: proto/sheaf/registry/v1/registry.proto


export interface Pin {
  'name'?: (string);
  'digest'?: (string);
  'alias'?: (string);
}

export interface Pin__Output {
  'name': (string);
  'digest': (string);
  'alias': (string);
}
