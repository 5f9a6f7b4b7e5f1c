// Original file: proto/sheaf/jobs/v1/jobs.proto

import type { JobProgress as _sheaf_jobs_v1_JobProgress, JobProgress__Output as _sheaf_jobs_v1_JobProgress__Output } from '../../../sheaf/jobs/v1/JobProgress.ts';
import type { JobError as _sheaf_jobs_v1_JobError, JobError__Output as _sheaf_jobs_v1_JobError__Output } from '../../../sheaf/jobs/v1/JobError.ts';
import type { Long } from '@grpc/proto-loader';

export interface Job {
  'id'?: (string);
  'kind'?: (string);
  'subject'?: (string);
  'version'?: (string);
  'state'?: (string);
  'priority'?: (number);
  'attempt'?: (number);
  'attemptsMax'?: (number);
  'submittedMs'?: (number | string | Long);
  'startedMs'?: (number | string | Long);
  'endedMs'?: (number | string | Long);
  'notBeforeMs'?: (number | string | Long);
  'deadlineMs'?: (number | string | Long);
  'keptUntilMs'?: (number | string | Long);
  'progress'?: (_sheaf_jobs_v1_JobProgress | null);
  'error'?: (_sheaf_jobs_v1_JobError | null);
  'payloadBytes'?: (number | string | Long);
  'resultBytes'?: (number | string | Long);
  'cancelAsked'?: (boolean);
  'tenant'?: (string);
  'idempotencyKey'?: (string);
  'callbackUrl'?: (string);
  'batch'?: (string);
}

export interface Job__Output {
  'id': (string);
  'kind': (string);
  'subject': (string);
  'version': (string);
  'state': (string);
  'priority': (number);
  'attempt': (number);
  'attemptsMax': (number);
  'submittedMs': (number);
  'startedMs': (number);
  'endedMs': (number);
  'notBeforeMs': (number);
  'deadlineMs': (number);
  'keptUntilMs': (number);
  'progress': (_sheaf_jobs_v1_JobProgress__Output | null);
  'error': (_sheaf_jobs_v1_JobError__Output | null);
  'payloadBytes': (number);
  'resultBytes': (number);
  'cancelAsked': (boolean);
  'tenant': (string);
  'idempotencyKey': (string);
  'callbackUrl': (string);
  'batch': (string);
}
