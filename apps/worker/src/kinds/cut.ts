/** Reads the input of a batch and adds its chunks, some at a time; one that was ended goes on behind the last chunk that it had added. */
import { type ChunkRange, decodeBatchSpec, openInput } from '@sheaf/batch';
import { InferError } from '@sheaf/inference';
import type { NewChunk } from '@sheaf/jobs';
import type { Perform } from '../lane/lane.ts';
import { batchOf, closing } from './chunk.ts';
import type { WorkPorts } from './ports.ts';

/** So many chunks are added in one transaction. */
const chunksPerStep = 100;

export function cutJobs({ work: { batches } }: Pick<WorkPorts, 'work'>): Perform {
  return async ({ lease, signal, tell }) => {
    const batch = batchOf(lease);
    const { input: from, chunkRows } = decodeBatchSpec(batch.spec);
    await using input = closing(await openInput(from));
    const last = await batches.lastChunk(batch.id);
    const after = last && (JSON.parse(last.place) as ChunkRange);
    let done = after ? after.firstRow + after.rows - 1 : 0;
    let step: NewChunk[] = [];
    const add = async (): Promise<void> => {
      if (signal.aborted) throw signal.reason;
      if (step.length > 0 && !(await batches.addChunks(lease, step)))
        throw new InferError('CANCELLED', 'another worker cuts the input', { reason: 'JOB_ENDED' });
      step = [];
      tell({ done, total: input.rows });
    };
    for await (const range of input.cut({ rowsMax: chunkRows, after })) {
      const { chunk, firstRow, rows } = range;
      step.push({ chunk, firstRow, rows, place: JSON.stringify(range) });
      done += rows;
      if (step.length >= chunksPerStep) await add();
    }
    await add();
    return { kind: 'succeeded' };
  };
}
