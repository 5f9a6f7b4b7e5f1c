// Original file: proto/sheaf/jobs/v1/jobs.proto


export interface DeleteJobResponse {
}

export interface DeleteJobResponse__Output {
}
