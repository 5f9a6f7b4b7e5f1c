/** Commits of those who hold a lease. */
import { all, first, type Row, type Steps } from '@sheaf/store';
import type { JobError, JobState } from '../job.ts';
import type { Renewal, RenewRequest } from '../job-store.ts';
import type { LeaseId, Outcome } from '../lease.ts';
import { invalid } from '../refusals.ts';
import { advanceBatch, endBatch } from './batch-ends.ts';
import { commitChunk } from './commit-chunk.ts';
import { commitFinish } from './commit-finish.ts';
import { type End, endJob, requeue } from './ends.ts';

export function* renew(nowMs: number, { jobId, token }: LeaseId, request: RenewRequest): Steps<Renewal> {
  const { leaseMs, progress } = request;
  const row = yield* first(
    `UPDATE jobs SET lease_ms = $1, lease_ends = $2 WHERE id = $3 AND token = $4 AND state = 'running' RETURNING *`,
    ...[leaseMs, nowMs + leaseMs, jobId, token],
  );
  if (!row) return 'lost';
  if (progress)
    yield* all(
      'UPDATE jobs SET progress = $1, changed = (SELECT changed + 1 FROM work_state) WHERE place = $2',
      ...[JSON.stringify(progress), Number(row['place'])],
    );
  return row['cancel_asked'] === 1 ? 'cancel' : 'held';
}

/** The job of a lease that is still held. */
export function* held({ jobId, token }: LeaseId): Steps<Row | undefined> {
  return yield* first(`SELECT * FROM jobs WHERE id = $1 AND token = $2 AND state = 'running'`, jobId, token);
}

export function* complete(nowMs: number, lease: LeaseId, outcome: Outcome): Steps<boolean> {
  const job = yield* held(lease);
  if (!job) return yield* wasDone(lease);
  const kind = String(job['kind']);
  const commits = outcome.kind === 'chunk' || outcome.kind === 'finish' ? outcome.kind : undefined;
  const wants = kind === 'chunk' || kind === 'finish' ? kind : undefined;
  if (outcome.kind === 'succeeded' && wants !== undefined)
    throw invalid('outcome.kind', `want ${wants} for a job of kind ${kind}, got succeeded`);
  if (commits !== undefined && commits !== wants)
    throw invalid('outcome.kind', `want an outcome of a job of kind ${kind}, got ${commits}`);
  switch (outcome.kind) {
    case 'succeeded':
      yield* end(nowMs, job, { state: 'succeeded', result: outcome.result });
      break;
    case 'chunk':
    case 'finish':
      yield* commit(nowMs, job, outcome);
      break;
    case 'cancelled':
      // Its batch may have been resumed before the worker could say that it had stopped.
      if (job['cancel_asked'] === 1) yield* end(nowMs, job, { state: 'cancelled' });
      else yield* requeue(nowMs, job, { attempt: Number(job['attempt']) - 1 });
      break;
    case 'released':
      yield* giveBack(nowMs, job, { attempt: Number(job['attempt']) - 1 });
      break;
    case 'failed':
      yield* fail(nowMs, job, outcome.error, outcome.retryAt);
  }
  return true;
}

/** What a batch has computed: kept where it has a place, else the job is cancelled and nothing else is changed. */
function* commit(
  nowMs: number,
  job: Row,
  outcome: Extract<Outcome, { readonly kind: 'chunk' | 'finish' }>,
): Steps<void> {
  if (!(yield* isWanted(job))) return yield* end(nowMs, job, { state: 'cancelled' });
  if (outcome.kind === 'chunk') yield* commitChunk(nowMs, job, outcome.commit);
  else yield* commitFinish(nowMs, job, outcome.commit);
  yield* end(nowMs, job, { state: 'succeeded' });
}

/** Whether its generation is still being built. A chunk is kept also for a batch that has ended, which may be resumed; its last look is for one that runs alone. */
function* isWanted(job: Row): Steps<boolean> {
  const row = yield* first(
    `SELECT b.state AS batch, g.state AS generation FROM batches b JOIN generations g ON g.place = b.generation
     WHERE b.id = $1`,
    String(job['batch']),
  );
  return row?.['generation'] === 'building' && (job['kind'] === 'chunk' || row['batch'] === 'running');
}

/** Whether this lease has ended the job before: an answer that was lost on its way is asked for again. */
function* wasDone({ jobId, token }: LeaseId): Steps<boolean> {
  const row = yield* first('SELECT state FROM jobs WHERE id = $1 AND token = $2', jobId, token);
  return row !== undefined;
}

/** An attempt has failed: another one follows, or that was it. */
export function* fail(
  nowMs: number,
  job: Row,
  error: JobError,
  retryAt: number | undefined,
  lost = false,
): Steps<void> {
  const isLast = Number(job['attempt']) >= Number(job['attempts_max']);
  if (retryAt === undefined || isLast) return yield* end(nowMs, job, { state: 'failed', error }, lost);
  yield* giveBack(nowMs, job, { attempt: Number(job['attempt']), notBefore: retryAt, error });
}

/** Lets it wait again, unless somebody wanted it cancelled. */
function* giveBack(
  nowMs: number,
  job: Row,
  how: { readonly attempt: number; readonly notBefore?: number; readonly error?: JobError },
): Steps<void> {
  if (job['cancel_asked'] === 1) yield* end(nowMs, job, { state: 'cancelled' }, true);
  else yield* requeue(nowMs, job, how);
}

/** Ends a job, with what that means for its batch. */
export function* end(nowMs: number, job: Row, how: Omit<End, 'byHolder'>, lost = false): Steps<void> {
  yield* endJob(nowMs, job, { ...how, byHolder: !lost });
  if (job['batch'] === null) return;
  const batch = String(job['batch']);
  if (how.state !== 'succeeded') {
    yield* endBatch(nowMs, batch, batchStateAfter(how.state), how.error);
    return;
  }
  if (job['kind'] === 'cut') yield* all('UPDATE batches SET is_cut = 1 WHERE id = $1', batch);
  yield* advanceBatch(nowMs, batch);
}

const batchStateAfter = (state: JobState): 'cancelled' | 'failed' => (state === 'cancelled' ? state : 'failed');
