// Original file: proto/sheaf/admin/v1/admin.proto


export interface GetConfigurationRequest {
}

export interface GetConfigurationRequest__Output {
}
