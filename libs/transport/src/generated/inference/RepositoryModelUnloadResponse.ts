// Original file: proto/inference/grpc_predict_v2.proto


export interface RepositoryModelUnloadResponse {
  'modelName'?: (string);
  'isUnloaded'?: (boolean);
}

export interface RepositoryModelUnloadResponse__Output {
  'modelName': (string);
  'isUnloaded': (boolean);
}
