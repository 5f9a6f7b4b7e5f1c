// Original file: proto/sheaf/admin/v1/admin.proto


export interface DrainResponse {
}

export interface DrainResponse__Output {
}
