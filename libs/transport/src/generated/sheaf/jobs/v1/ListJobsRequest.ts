// Original file: proto/sheaf/jobs/v1/jobs.proto


export interface ListJobsRequest {
  'states'?: (string)[];
  'kinds'?: (string)[];
  'subject'?: (string);
  'batch'?: (string);
  'tenant'?: (string);
  'before'?: (string);
  'limit'?: (number);
}

export interface ListJobsRequest__Output {
  'states': (string)[];
  'kinds': (string)[];
  'subject': (string);
  'batch': (string);
  'tenant': (string);
  'before': (string);
  'limit': (number);
}
