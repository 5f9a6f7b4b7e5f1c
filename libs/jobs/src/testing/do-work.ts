/** What a worker of the kill tests does with a job, in such a way that whatever it commits names the lease it was committed by. */
import type { NewChunk } from '../batch.ts';
import type { Lease, Outcome } from '../lease.ts';
import type { Work } from '../work.ts';
import { bytesOf, textOf } from './samples.ts';

const chunkRows = 7;
/** Rows of which the number can be divided by it have an error. */
const wrongEvery = 13;

export const isWrong = (row: number): boolean => row % wrongEvery === 0;

/** What is committed for it; undefined where the lease was lost on the way. */
export async function outcomeOf(work: Work, lease: Lease): Promise<Outcome | undefined> {
  switch (lease.job.kind) {
    case 'infer':
    case 'callback':
      return { kind: 'succeeded', result: bytesOf(lease.token) };
    case 'cut':
      return (await cut(work, lease)) ? { kind: 'succeeded' } : undefined;
    case 'chunk': {
      const { firstRow, rows } = JSON.parse(textOf(lease.payload)) as NewChunk;
      const numbers = Array.from({ length: rows }, (_, index) => firstRow + index);
      return {
        kind: 'chunk',
        commit: {
          rows: numbers
            .filter((row) => !isWrong(row))
            .map((row) => ({ row, key: `k${row}`, outputs: bytesOf(lease.token), inputHash: bytesOf('') })),
          errors: numbers
            .filter(isWrong)
            .map((row) => ({ row, key: `k${row}`, code: 'INVALID_ARGUMENT', message: lease.token })),
        },
      };
    }
    case 'finish': {
      const expectedEpoch = (await work.predictions.current(lease.batch?.collection ?? ''))?.epoch ?? 0;
      return { kind: 'finish', commit: { kind: 'promote', expectedEpoch, report: '{}' } };
    }
  }
}

/** Adds the chunks of an input that has as many rows as the batch's spec says, some at a time. */
async function cut({ batches }: Work, lease: Lease): Promise<boolean> {
  const { rows } = JSON.parse(lease.batch?.spec ?? '{}') as { readonly rows: number };
  const last = await batches.lastChunk(lease.job.batch ?? '');
  let [chunk, firstRow] = last ? [last.chunk + 1, last.firstRow + last.rows] : [0, 1];
  while (firstRow <= rows) {
    const size = Math.min(chunkRows, rows - firstRow + 1);
    const place = JSON.stringify({ firstRow, rows: size });
    if (!(await batches.addChunks(lease, [{ chunk, firstRow, rows: size, place }]))) return false;
    chunk += 1;
    firstRow += size;
  }
  return true;
}
