// Original file: proto/sheaf/mesh/v1/mesh.proto


export interface ClientHello {
  'version'?: (number);
}

export interface ClientHello__Output {
  'version': (number);
}
