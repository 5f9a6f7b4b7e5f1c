/** What time has ended: leases and deadlines. */
import { all, type Steps } from '@sheaf/store';
import type { JobError } from '../job.ts';
import { end, fail } from './complete.ts';

const workerLost: JobError = {
  code: 'UNAVAILABLE',
  reason: 'WORKER_LOST',
  message: 'whoever worked on it has not been heard of any more',
};

const expired: JobError = {
  code: 'DEADLINE_EXCEEDED',
  reason: 'JOB_EXPIRED',
  message: 'it had not ended by its deadline',
};

/** Takes jobs back whose lease has ended; answers how many. */
export function* endLeases(nowMs: number, max: number): Steps<number> {
  // A lease that ends later than it was ever given for is of a time before the clock was set back: nobody would take it over for as long.
  yield* all(
    `UPDATE jobs SET lease_ends = $1 + lease_ms WHERE state = 'running' AND lease_ends > $2 + lease_ms`,
    ...[nowMs, nowMs],
  );
  const rows = yield* all(
    `SELECT * FROM jobs WHERE state = 'running' AND lease_ends <= $1 ORDER BY lease_ends LIMIT $2`,
    ...[nowMs, max],
  );
  for (const row of rows) yield* fail(nowMs, row, workerLost, nowMs, true);
  return rows.length;
}

/** Ends jobs whose deadline has passed, also those that somebody has; answers how many. */
export function* endLate(nowMs: number, max: number): Steps<number> {
  const rows = yield* all(
    `SELECT * FROM jobs WHERE deadline IS NOT NULL AND ended_at IS NULL AND deadline <= $1 ORDER BY deadline LIMIT $2`,
    ...[nowMs, max],
  );
  for (const row of rows) yield* end(nowMs, row, { state: 'expired', error: expired }, true);
  return rows.length;
}
