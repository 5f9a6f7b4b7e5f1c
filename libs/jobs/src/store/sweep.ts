/** What is kept no longer goes, some at a time, so that whatever else waits is not kept waiting. */
import { all, first, type Steps } from '@sheaf/store';
import type { SweepReport } from '../job-store.ts';
import { endLate, endLeases } from './sweep-leases.ts';

const jobsMax = 1_000;
const rowsMax = 10_000;

export function* sweep(nowMs: number): Steps<SweepReport> {
  const lost = yield* endLeases(nowMs, jobsMax);
  const expired = yield* endLate(nowMs, jobsMax);
  const removed = [yield* removeJobs(nowMs), yield* removeBatch(nowMs), yield* removePredictions()];
  yield* all('DELETE FROM job_tenants WHERE tenant NOT IN (SELECT tenant FROM job_counts)');
  return {
    ...{ lost, expired },
    removed: removed.reduce((sum, { count }) => sum + count, 0),
    more: lost === jobsMax || expired === jobsMax || removed.some(({ more }) => more),
  };
}

interface Removed {
  readonly count: number;
  readonly more: boolean;
}

function* removeJobs(nowMs: number): Steps<Removed> {
  const rows = yield* all(
    `DELETE FROM jobs WHERE place IN
       (SELECT place FROM jobs WHERE remove_at IS NOT NULL AND remove_at <= $1 LIMIT ${jobsMax}) RETURNING place`,
    nowMs,
  );
  return { count: rows.length, more: rows.length === jobsMax };
}

/** One batch: some of its jobs and errors, and once they are gone itself. */
function* removeBatch(nowMs: number): Steps<Removed> {
  const batch = yield* first(
    'SELECT id, generation FROM batches WHERE remove_at IS NOT NULL AND remove_at <= $1 ORDER BY remove_at LIMIT 1',
    nowMs,
  );
  if (!batch) return { count: 0, more: false };
  const id = String(batch['id']);
  const jobs = yield* all(
    `DELETE FROM jobs WHERE place IN (SELECT place FROM jobs WHERE batch = $1 LIMIT ${jobsMax}) RETURNING place`,
    id,
  );
  const errors = yield* all(
    `DELETE FROM batch_errors WHERE batch = $1 AND row_number IN
       (SELECT row_number FROM batch_errors WHERE batch = $2 LIMIT ${rowsMax}) RETURNING row_number`,
    ...[id, id],
  );
  if (jobs.length === jobsMax || errors.length === rowsMax) return { count: jobs.length, more: true };
  yield* all('DELETE FROM batches WHERE id = $1', id);
  // Nobody can go on with what it had not built to the end.
  yield* all(
    `UPDATE generations SET state = 'dropped' WHERE place = $1 AND state = 'building'`,
    Number(batch['generation']),
  );
  // There may be another one.
  return { count: jobs.length + 1, more: true };
}

function* removePredictions(): Steps<Removed> {
  const dropped = yield* first(
    `SELECT place FROM generations WHERE is_swept = 0 AND state = 'dropped' ORDER BY place LIMIT 1`,
  );
  if (!dropped) return { count: 0, more: false };
  const place = Number(dropped['place']);
  const rows = yield* all(
    `DELETE FROM predictions WHERE generation = $1 AND key IN
       (SELECT key FROM predictions WHERE generation = $2 LIMIT ${rowsMax}) RETURNING row_number`,
    ...[place, place],
  );
  if (rows.length < rowsMax) yield* all('UPDATE generations SET is_swept = 1 WHERE place = $1', place);
  return { count: rows.length, more: true };
}
