// Original file: proto/sheaf/jobs/v1/jobs.proto


export interface WaitJobRequest {
  'id'?: (string);
}

export interface WaitJobRequest__Output {
  'id': (string);
}
