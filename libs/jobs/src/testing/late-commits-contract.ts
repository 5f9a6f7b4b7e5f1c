/** What every adapter promises of commits that come after somebody has given up what they are for. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Lease } from '../lease.ts';
import type { Work } from '../work.ts';
import { aCommit, claimOne, cutBatch, runChunks, type WithWork } from './samples.ts';

const promote = { kind: 'finish', commit: { kind: 'promote', expectedEpoch: 0, report: '{}' } } as const;
const own = { collection: 'digits', number: 1 };
const sweepAll = async ({ jobs }: Work): Promise<void> => {
  while ((await jobs.sweep()).more);
};

/** The job that looks at a generation, in the hands of a worker. */
async function finishOf(work: Work): Promise<Lease> {
  await cutBatch(work, [2]);
  await runChunks(work);
  return claimOne(work, 'finish');
}

export function lateCommitsContract(withWork: WithWork): void {
  it(
    'does not promote the generation of a batch that was cancelled meanwhile, and does once that goes on',
    withWork(async (work) => {
      const { jobs, batches, predictions } = work;
      const finish = await finishOf(work);
      const batch = finish.job.batch ?? '';
      await batches.cancel(batch);
      assert.equal(await jobs.complete(finish, promote), true);
      assert.equal(await jobs.complete(finish, promote), true, 'told once more');
      assert.deepEqual(
        [(await jobs.get(finish.jobId))?.state, (await batches.get(batch))?.state, await predictions.current('digits')],
        ['cancelled', 'cancelled', undefined],
      );
      assert.equal((await predictions.generation(own))?.state, 'building');
      await batches.resume(batch);
      assert.equal(await jobs.complete(await claimOne(work, 'finish'), promote), true);
      assert.equal((await predictions.current('digits'))?.number, 1);
    }),
  );

  it(
    'neither promotes nor holds a generation that was dropped, also once it was swept',
    withWork(async (work) => {
      const { jobs, batches, predictions } = work;
      const finish = await finishOf(work);
      await batches.cancel(finish.job.batch ?? '');
      await predictions.drop(own);
      await sweepAll(work);
      const hold = { kind: 'hold', why: 'somebody is to look', report: '{}' } as const;
      assert.equal(await jobs.complete(finish, { kind: 'finish', commit: hold }), true);
      assert.deepEqual(
        [(await jobs.get(finish.jobId))?.state, (await predictions.generation(own))?.state],
        ['cancelled', 'dropped'],
      );
      assert.equal(await predictions.get('digits', ['k1']), undefined);
    }),
  );

  it(
    'adds no rows to a generation that was dropped',
    withWork(async (work) => {
      const { jobs, batches, predictions } = work;
      const batch = await cutBatch(work, [2]);
      const chunk = await claimOne(work, 'chunk');
      await batches.cancel(batch.id);
      await predictions.drop(own);
      await sweepAll(work);
      const commit = aCommit({ firstRow: 1, rows: 2 });
      assert.equal(await jobs.complete(chunk, { kind: 'chunk', commit }), true);
      assert.equal((await jobs.get(chunk.jobId))?.state, 'cancelled');
      const { chunksDone, rowsDone } = (await batches.get(batch.id))?.progress ?? assert.fail();
      assert.deepEqual([chunksDone, rowsDone, (await predictions.generation(own))?.rows], [0, 0, 0]);
    }),
  );

  it(
    'goes on with a batch that was resumed before its worker could say that it had stopped',
    withWork(async (work) => {
      const { jobs, batches } = work;
      const batch = await cutBatch(work, [2]);
      const chunk = await claimOne(work, 'chunk');
      await batches.cancel(batch.id);
      assert.equal(await jobs.renew(chunk, { leaseMs: 1_000 }), 'cancel');
      await batches.resume(batch.id);
      await jobs.complete(chunk, { kind: 'cancelled' });
      assert.deepEqual(
        [(await batches.get(batch.id))?.state, (await jobs.get(chunk.jobId))?.state],
        ['running', 'queued'],
      );
      const again = await claimOne(work, 'chunk');
      assert.deepEqual(
        [again.jobId, again.job.attempt],
        [chunk.jobId, 1],
        'the attempt that was stopped does not count',
      );
    }),
  );

  it(
    'drops what a batch was building that ended without success, once the batch is forgotten',
    withWork(async (work) => {
      const { jobs, batches, predictions } = work;
      const batch = await cutBatch(work, [2, 2]);
      await runChunks(work, [], 1);
      await batches.cancel(batch.id);
      assert.equal((await predictions.scan(own)).length, 2);
      await batches.remove(batch.id);
      let removed = 0;
      for (let more = true; more; ) {
        const report = await jobs.sweep();
        removed += report.removed;
        more = report.more;
      }
      assert.equal((await predictions.generation(own))?.state, 'dropped');
      // The batch, its three jobs, and the two rows.
      assert.equal(removed, 6);
    }),
  );
}
