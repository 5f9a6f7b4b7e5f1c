// Original file: proto/sheaf/admin/v1/admin.proto


export interface ListBreakersRequest {
}

export interface ListBreakersRequest__Output {
}
