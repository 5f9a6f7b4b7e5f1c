// Original file: proto/sheaf/jobs/v1/jobs.proto


export interface DeleteJobRequest {
  'id'?: (string);
}

export interface DeleteJobRequest__Output {
  'id': (string);
}
