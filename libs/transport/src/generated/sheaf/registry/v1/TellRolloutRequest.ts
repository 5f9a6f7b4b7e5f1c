// Original file: proto/sheaf/registry/v1/registry.proto


export interface TellRolloutRequest {
  'kind'?: (string);
  'name'?: (string);
  'command'?: (string);
  'version'?: (string);
  'why'?: (string);
}

export interface TellRolloutRequest__Output {
  'kind': (string);
  'name': (string);
  'command': (string);
  'version': (string);
  'why': (string);
}
