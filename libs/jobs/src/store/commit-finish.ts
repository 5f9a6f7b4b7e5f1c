import { all, first, type Row, type Steps } from '@sheaf/store';
import type { FinishCommit } from '../batch.ts';
import { endBatch } from './batch-ends.ts';
import { movePointer } from './generations.ts';

/** Whoever looked at a finished generation has decided: it is promoted or held, and its batch is done. */
export function* commitFinish(nowMs: number, job: Row, commit: FinishCommit): Steps<void> {
  const id = String(job['batch']);
  const batch = (yield* first('SELECT * FROM batches WHERE id = $1', id)) as Row;
  yield* all(
    'UPDATE generations SET state = $1, why = $2, report = $3, built_at = $4 WHERE place = $5',
    ...['held', commit.kind === 'hold' ? commit.why : '', commit.report, nowMs, Number(batch['generation'])],
  );
  if (commit.kind === 'promote')
    yield* movePointer(nowMs, {
      collection: String(batch['collection']),
      number: Number(batch['number']),
      expectedEpoch: commit.expectedEpoch,
      by: `batch:${id}`,
      why: 'its batch is done',
      keep: commit.keep ?? generationsKept,
    });
  yield* endBatch(nowMs, id, 'succeeded');
}

const generationsKept = 3;
