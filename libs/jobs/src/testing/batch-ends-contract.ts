/** What every adapter promises of how batches end, and go on. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { JobError } from '../job.ts';
import {
  aBatch,
  aCommit,
  aGeneration,
  claimOf,
  claimOne,
  cutBatch,
  refusal,
  runChunks,
  type WithWork,
} from './samples.ts';

const broken: JobError = { code: 'UNAVAILABLE', reason: 'BROKEN', message: 'the model is away' };

export function batchEndsContract(withWork: WithWork): void {
  it(
    'fails with a chunk that failed for good, and resumes with what was not done',
    withWork(async (work) => {
      const { jobs, batches } = work;
      const batch = await cutBatch(work, [2, 2, 2, 2]);
      await runChunks(work, [], 1);
      const failing = await claimOne(work);
      const running = await claimOne(work);
      await jobs.complete(failing, { kind: 'failed', error: broken });
      const failed = (await batches.get(batch.id)) ?? assert.fail();
      assert.deepEqual([failed.state, failed.error], ['failed', broken]);
      assert.deepEqual(await jobs.claim(claimOf()), [], 'nothing of it is begun any more');
      assert.equal(await jobs.renew(running, { leaseMs: 1_000 }), 'cancel');
      assert.equal(await jobs.complete(running, { kind: 'cancelled' }), true);
      const resumed = (await batches.resume(batch.id)) ?? assert.fail();
      assert.deepEqual([resumed.state, resumed.error, resumed.progress.chunksDone], ['running', undefined, 1]);
      assert.equal(await runChunks(work), 3);
      assert.equal((await claimOne(work)).job.kind, 'finish');
      await assert.rejects(batches.resume(batch.id), refusal('FAILED_PRECONDITION', 'BATCH_STATE', /got running/));
      assert.equal(await batches.resume('nobody'), undefined);
    }),
  );

  it(
    'keeps a chunk that was done while the batch was cancelled',
    withWork(async (work) => {
      const { jobs, batches } = work;
      const batch = await cutBatch(work, [2, 2]);
      const running = await claimOne(work);
      const cancelled = await batches.cancel(batch.id);
      assert.equal(cancelled?.state, 'cancelled');
      assert.equal(await jobs.renew(running, { leaseMs: 1_000 }), 'cancel');
      const commit = aCommit({ firstRow: 1, rows: 2 });
      assert.equal(await jobs.complete(running, { kind: 'chunk', commit }), true);
      assert.equal((await batches.cancel(batch.id))?.endedAt, cancelled?.endedAt);
      await batches.resume(batch.id);
      assert.equal(await runChunks(work), 1);
      assert.equal((await claimOne(work)).job.kind, 'finish');
    }),
  );

  it(
    'fails as soon as more rows are wrong than may be, and goes on when more may',
    withWork(async (work) => {
      const { batches } = work;
      const batch = await cutBatch(work, [10, 10], { errorBudget: { ratioMax: 0.05 } });
      await runChunks(work, [3, 13], 1);
      assert.equal((await batches.get(batch.id))?.state, 'running', 'one of twenty is 5 %');
      await runChunks(work, [3, 13], 1);
      const failed = (await batches.get(batch.id)) ?? assert.fail();
      assert.deepEqual([failed.state, failed.error?.reason], ['failed', 'BATCH_ERRORS']);
      assert.match(failed.error?.message ?? '', /want at most 5 % of 20 rows with errors, got 2/);
      await batches.resume(batch.id, { errorBudget: { rowsMax: 1 } });
      assert.equal((await batches.get(batch.id))?.error?.message, 'want at most 1 rows with errors, got 2');
      await batches.resume(batch.id, { errorBudget: { rowsMax: 2 } });
      assert.equal((await claimOne(work)).job.kind, 'finish');
    }),
  );

  it(
    'is created once under its key',
    withWork(async ({ batches, predictions, jobs }) => {
      const first = await batches.create(aBatch({ idempotencyKey: 'nightly' }));
      const again = await batches.create(aBatch({ idempotencyKey: 'nightly', version: '4' }));
      assert.deepEqual(again, { record: first.record, added: false });
      await assert.rejects(
        batches.create(aBatch({ idempotencyKey: 'nightly', spec: '{}' })),
        refusal('INVALID_ARGUMENT', 'IDEMPOTENCY_KEY_REUSED', /another spec/),
      );
      assert.equal((await predictions.generations('digits')).length, 1);
      assert.equal((await jobs.list({})).length, 1);
      const wrong = aBatch({ errorBudget: { ratioMax: 2 } });
      await assert.rejects(batches.create(wrong), refusal('INVALID_ARGUMENT', 'JOB_INVALID', /ratioMax/));
    }),
  );

  it(
    'has jobs that nobody ends by themselves',
    withWork(async ({ batches, jobs }) => {
      const { record } = await batches.create(aBatch());
      const [cut = assert.fail()] = await jobs.list({ batch: record.id });
      for (const change of [jobs.cancel, jobs.retry, jobs.remove])
        await assert.rejects(change(cut.id), refusal('FAILED_PRECONDITION', 'JOB_OF_BATCH', /as a whole/));
    }),
  );

  it(
    'is listed, and forgotten with its jobs and errors when it is told to or after its time; its generation stays',
    withWork(async (work, clock) => {
      const { batches, jobs, predictions } = work;
      const first = await aGeneration(work, [2, 2], { ttlMs: 500, idempotencyKey: 'k' });
      const second = await cutBatch(work, [1], { subject: 'letters' });
      assert.deepEqual(
        (await batches.list({})).map(({ id }) => id),
        [second.id, first.id],
      );
      assert.equal((await batches.list({ states: ['succeeded'], collection: 'digits', tenant: 'acme' })).length, 1);
      await assert.rejects(batches.remove(second.id), refusal('FAILED_PRECONDITION', 'BATCH_STATE', /got running/));
      await batches.cancel(second.id);
      assert.equal(await batches.remove(second.id), true);
      assert.equal(await batches.remove(second.id), false);
      assert.deepEqual([await batches.get(second.id), (await batches.list({})).length], [undefined, 1]);
      clock.now += 500;
      while ((await jobs.sweep()).more);
      assert.deepEqual(
        [await batches.get(first.id), await jobs.list({}), await batches.errors(first.id)],
        [...[undefined, [], []]],
      );
      assert.equal((await predictions.scan({ collection: 'digits', number: 1 })).length, 4);
      assert.equal((await batches.create(aBatch({ idempotencyKey: 'k' }))).added, true);
    }),
  );
}
