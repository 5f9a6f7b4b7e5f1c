// Original file: proto/sheaf/admin/v1/admin.proto


export interface GetLimitsRequest {
}

export interface GetLimitsRequest__Output {
}
