// Original file: proto/sheaf/mesh/v1/mesh.proto


export interface GoAway {
  'lastCall'?: (number);
}

export interface GoAway__Output {
  'lastCall': (number);
}
