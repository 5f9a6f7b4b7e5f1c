/** What the end of one of its jobs means for a batch. */
import { all, first, type Row, type Steps } from '@sheaf/store';
import type { BatchState, ErrorBudget } from '../batch.ts';
import type { JobError } from '../job.ts';
import { insertJob } from './insert-job.ts';
import { toBatch } from './rows.ts';

/** A job of the batch has ended without success, for good: so has the batch. */
export function* endBatch(
  nowMs: number,
  id: string,
  state: Exclude<BatchState, 'running'>,
  error?: JobError,
): Steps<void> {
  const ended = yield* first(
    `UPDATE batches SET state = $1, error = $2, ended_at = $3, remove_at = $4 + ttl_ms
     WHERE id = $5 AND state = 'running' RETURNING id`,
    ...[state, error ? JSON.stringify(error) : null, nowMs, nowMs, id],
  );
  if (!ended || state === 'succeeded') return;
  yield* all(
    `UPDATE jobs SET state = 'cancelled', ended_at = $1, token = NULL, changed = (SELECT changed + 1 FROM work_state)
     WHERE batch = $2 AND state IN ('queued', 'waiting')`,
    ...[nowMs, id],
  );
  yield* all(
    `UPDATE jobs SET cancel_asked = 1, changed = (SELECT changed + 1 FROM work_state)
     WHERE batch = $1 AND state = 'running'`,
    id,
  );
}

/** Looks what is to be done next, after whatever has changed: fails for too many errors, or adds the `finish` job once every chunk is done. */
export function* advanceBatch(nowMs: number, id: string): Steps<void> {
  const row = yield* first(`SELECT * FROM batches WHERE id = $1 AND state = 'running'`, id);
  if (!row) return;
  const { progress, errorBudget } = toBatch(row);
  const spent = overBudget(errorBudget, progress);
  if (spent !== undefined)
    return yield* endBatch(nowMs, id, 'failed', {
      code: 'FAILED_PRECONDITION',
      reason: 'BATCH_ERRORS',
      message: spent,
    });
  if (!progress.isCut || progress.chunksDone < progress.chunks) return;
  const finish = yield* first(`SELECT id FROM jobs WHERE batch = $1 AND kind = 'finish'`, id);
  if (!finish) yield* insertBatchJob(nowMs, row, 'finish');
}

/** The sentence that says so, once it is certain; a share only when it is known of how many rows. */
function overBudget(
  { rowsMax, ratioMax }: ErrorBudget,
  { isCut, rows, rowsFailed }: { isCut: boolean; rows: number; rowsFailed: number },
): string | undefined {
  if (rowsMax !== undefined && rowsFailed > rowsMax)
    return `want at most ${rowsMax} rows with errors, got ${rowsFailed}`;
  if (ratioMax !== undefined && isCut && rowsFailed > ratioMax * rows)
    return `want at most ${ratioMax * 100} % of ${rows} rows with errors, got ${rowsFailed}`;
  return undefined;
}

/** Adds a job of a batch; answers its row. */
export function* insertBatchJob(
  nowMs: number,
  batch: Row,
  kind: 'cut' | 'chunk' | 'finish',
  chunk?: { readonly chunk: number; readonly firstRow: number; readonly rows: number; readonly place: string },
): Steps<Row> {
  const { id, tenant, principal, subject, version, priority, attemptsMax, traceparent } = toBatch(batch);
  return yield* insertJob(nowMs, {
    ...{ kind, tenant, principal, subject, version, priority, attemptsMax, traceparent },
    batch: id,
    payload: Buffer.from(chunk?.place ?? '{}'),
    ...(chunk ? { chunk } : {}),
  });
}
