/** Works off the batches of a folder in this process, as a worker does, with answers of the test. */
import { type ChunkRange, compileMapping, decodeBatchSpec, openInput, runChunk } from '@sheaf/batch';
import type { InferResponse, RequestContent, Signature } from '@sheaf/inference';
import { type Lease, type Outcome, openWork, type Work } from '@sheaf/jobs';

export interface BatchWork {
  readonly signature: Signature;
  readonly answer: (content: RequestContent) => Promise<InferResponse>;
}

/** Until nothing waits. Answers how many jobs it did. */
export async function workOff(folder: string, how: BatchWork): Promise<number> {
  const work = await openWork(folder);
  try {
    for (let done = 0; ; done++) {
      const [lease] = await work.jobs.claim({ worker: 'test', count: 1, leaseMs: 60_000 });
      if (!lease) return done;
      await work.jobs.complete(lease, await outcomeOf(work, lease, how));
    }
  } finally {
    await work.close();
  }
}

async function outcomeOf(work: Work, lease: Lease, { signature, answer }: BatchWork): Promise<Outcome> {
  const { batch, job, payload } = lease;
  if (!batch) throw new Error('the job is of no batch');
  const { input: from, mapping, chunkRows, requestRows, hold } = decodeBatchSpec(batch.spec);
  const input = await openInput(from);
  try {
    switch (job.kind) {
      case 'cut':
        for await (const range of input.cut({ rowsMax: chunkRows }))
          await work.batches.addChunks(lease, [{ ...range, place: JSON.stringify(range) }]);
        return { kind: 'succeeded' };
      case 'chunk': {
        const range = JSON.parse(Buffer.from(payload as Uint8Array).toString()) as ChunkRange;
        const made = compileMapping(mapping, signature, input);
        const run = { input, range, mapping: made, ask: answer, requestRowsMax: requestRows, inFlightMax: () => 2 };
        return { kind: 'chunk', commit: await runChunk(run) };
      }
      default: {
        const expectedEpoch = (await work.predictions.current(batch.collection))?.epoch ?? 0;
        const commit = hold
          ? ({ kind: 'hold', why: 'it was asked for', report: '{}' } as const)
          : ({ kind: 'promote', expectedEpoch, report: '{}' } as const);
        return { kind: 'finish', commit };
      }
    }
  } finally {
    await input.close();
  }
}
