// Original file: proto/sheaf/admin/v1/admin.proto


export interface GetLogLevelsRequest {
}

export interface GetLogLevelsRequest__Output {
}
