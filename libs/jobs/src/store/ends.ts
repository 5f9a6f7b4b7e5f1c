/** How a job ends, whoever ends it. */
import { all, first, type Row, type Steps } from '@sheaf/store';
import type { JobContent, JobError, JobPrincipal, JobState } from '../job.ts';
import { insertJob, sizeOf } from './insert-job.ts';

export interface End {
  readonly state: Exclude<JobState, 'queued' | 'running'>;
  readonly error?: JobError | undefined;
  readonly result?: JobContent | undefined;
  /** The holder of its lease has ended it, and may say so once more. Default false: its lease is lost. */
  readonly byHolder?: boolean;
}

/** The payload of a `callback` job. */
export interface CallbackPayload {
  readonly job: string;
  readonly url: string;
}

/** Ends a job that has not ended; jobs of a batch are kept as long as that is. */
export function* endJob(nowMs: number, job: Row, { state, error, result, byHolder = false }: End): Steps<Row> {
  const place = Number(job['place']);
  const callbackJob = job['callback'] === null ? null : yield* addCallback(nowMs, job);
  if (result instanceof Uint8Array) {
    yield* all('DELETE FROM job_results WHERE place = $1', place);
    yield* all('INSERT INTO job_results (place, bytes) VALUES ($1, $2)', place, result);
  }
  const row = yield* first(
    `UPDATE jobs SET state = $1, ended_at = $2, remove_at = $3, error = $4, result_bytes = $5, result_blob = $6,
       token = $7, callback_job = $8, cancel_asked = 0, lease_ends = NULL,
       changed = (SELECT changed + 1 FROM work_state)
     WHERE place = $9 RETURNING *`,
    ...[state, nowMs, job['batch'] === null ? nowMs + Number(job['ttl_ms']) : null],
    ...[error ? JSON.stringify(error) : null, result ? sizeOf(result) : null],
    ...[result && !(result instanceof Uint8Array) ? result.sha256 : null],
    ...[byHolder ? String(job['token']) : null, callbackJob, place],
  );
  return row as Row;
}

/** In the transaction that ends the job: told at least once, whatever dies. */
function* addCallback(nowMs: number, job: Row): Steps<string> {
  const payload: CallbackPayload = { job: String(job['id']), url: String(job['callback']) };
  const added = yield* insertJob(nowMs, {
    kind: 'callback',
    tenant: String(job['tenant']),
    principal: JSON.parse(String(job['principal'])) as JobPrincipal,
    subject: String(job['subject']),
    version: String(job['version']),
    payload: Buffer.from(JSON.stringify(payload)),
    priority: Number(job['priority']),
    attemptsMax: callbackAttemptsMax,
    traceparent: job['traceparent'] === null ? undefined : String(job['traceparent']),
  });
  return String(added['id']);
}

/** With the back-off of a worker some hours: a receiver may be down for as long. */
const callbackAttemptsMax = 12;

/** Takes the job from whoever has it, and lets it wait: for `notBefore`, or not at all. */
export function* requeue(
  nowMs: number,
  job: Row,
  { notBefore = nowMs, attempt, error }: { notBefore?: number; attempt: number; error?: JobError | undefined },
): Steps<void> {
  yield* all(
    `UPDATE jobs SET state = $1, attempt = $2, error = $3, not_before = $4, token = NULL, lease_ends = NULL,
       progress = NULL, changed = (SELECT changed + 1 FROM work_state) WHERE place = $5`,
    ...[notBefore > nowMs ? 'waiting' : 'queued', attempt, error ? JSON.stringify(error) : null, notBefore],
    Number(job['place']),
  );
}
