// Original file: proto/sheaf/jobs/v1/jobs.proto


export interface RetryJobRequest {
  'id'?: (string);
}

export interface RetryJobRequest__Output {
  'id': (string);
}
