// Original file: proto/sheaf/registry/v1/registry.proto


export interface StartRolloutRequest {
  'kind'?: (string);
  'name'?: (string);
  'planJson'?: (string);
}

export interface StartRolloutRequest__Output {
  'kind': (string);
  'name': (string);
  'planJson': (string);
}
