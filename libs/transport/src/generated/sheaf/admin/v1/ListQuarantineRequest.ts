// Original file: proto/sheaf/admin/v1/admin.proto


export interface ListQuarantineRequest {
}

export interface ListQuarantineRequest__Output {
}
