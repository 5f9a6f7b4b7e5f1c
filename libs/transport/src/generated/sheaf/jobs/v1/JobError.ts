// Original file: proto/sheaf/jobs/v1/jobs.proto


export interface JobError {
  'code'?: (string);
  'reason'?: (string);
  'message'?: (string);
}

export interface JobError__Output {
  'code': (string);
  'reason': (string);
  'message': (string);
}
