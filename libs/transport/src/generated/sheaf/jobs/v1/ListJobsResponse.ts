// Original file: proto/sheaf/jobs/v1/jobs.proto

import type { Job as _sheaf_jobs_v1_Job, Job__Output as _sheaf_jobs_v1_Job__Output } from '../../../sheaf/jobs/v1/Job.ts';

export interface ListJobsResponse {
  'jobs'?: (_sheaf_jobs_v1_Job)[];
  'before'?: (string);
}

export interface ListJobsResponse__Output {
  'jobs': (_sheaf_jobs_v1_Job__Output)[];
  'before': (string);
}
