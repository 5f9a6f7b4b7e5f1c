// Original file: proto/sheaf/jobs/v1/jobs.proto

import type { Long } from '@grpc/proto-loader';

export interface JobProgress {
  'done'?: (number | string | Long);
  'total'?: (number | string | Long);
  'failed'?: (number | string | Long);
}

export interface JobProgress__Output {
  'done': (number);
  'total': (number);
  'failed': (number);
}
