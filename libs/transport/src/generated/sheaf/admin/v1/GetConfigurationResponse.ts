// Original file: proto/sheaf/admin/v1/admin.proto


export interface GetConfigurationResponse {
  'json'?: (string);
}

export interface GetConfigurationResponse__Output {
  'json': (string);
}
