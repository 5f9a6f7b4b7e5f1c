// Original file: proto/sheaf/admin/v1/admin.proto


export interface GetMetricsRequest {
}

export interface GetMetricsRequest__Output {
}
