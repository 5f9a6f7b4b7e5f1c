// Original file: proto/sheaf/mesh/v1/mesh.proto


export interface Cancel {
  'call'?: (number);
}

export interface Cancel__Output {
  'call': (number);
}
