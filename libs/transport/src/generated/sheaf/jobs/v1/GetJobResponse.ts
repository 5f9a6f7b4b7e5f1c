// Original file: proto/sheaf/jobs/v1/jobs.proto

import type { Job as _sheaf_jobs_v1_Job, Job__Output as _sheaf_jobs_v1_Job__Output } from '../../../sheaf/jobs/v1/Job.ts';
import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../google/protobuf/Any.ts';

export interface GetJobResponse {
  'job'?: (_sheaf_jobs_v1_Job | null);
  'result'?: (_google_protobuf_Any | null);
}

export interface GetJobResponse__Output {
  'job': (_sheaf_jobs_v1_Job__Output | null);
  'result': (_google_protobuf_Any__Output | null);
}
