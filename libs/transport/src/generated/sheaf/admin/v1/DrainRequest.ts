// Original file: proto/sheaf/admin/v1/admin.proto


export interface DrainRequest {
}

export interface DrainRequest__Output {
}
