/** What every adapter promises of leases. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { JobError } from '../job.ts';
import { aJob, bytesOf, claimOf, claimOne, refusal, textOf, type WithWork } from './samples.ts';

const broken: JobError = { code: 'INTERNAL', reason: 'BROKEN', message: 'the model broke' };

export function leaseContract(withWork: WithWork): void {
  it(
    'lets one have a job, who ends it with its result',
    withWork(async (work, clock) => {
      const { jobs } = work;
      const [{ record } = assert.fail()] = await jobs.submit([aJob()]);
      clock.now = 2_000;
      const lease = await claimOne(work);
      assert.deepEqual([lease.jobId, lease.endsAt, textOf(lease.payload)], [record.id, 3_000, 'three']);
      assert.deepEqual(lease.job, { ...record, state: 'running', attempt: 1, startedAt: 2_000 });
      assert.deepEqual(await jobs.claim(claimOf({ worker: 'w2' })), []);
      assert.equal(await jobs.renew(lease, { leaseMs: 5_000, progress: { done: 1, total: 2 } }), 'held');
      assert.deepEqual((await jobs.get(record.id))?.progress, { done: 1, total: 2 });
      clock.now = 6_000;
      assert.equal(await jobs.complete(lease, { kind: 'succeeded', result: bytesOf('3') }), true);
      const { state, endedAt, resultBytes } = (await jobs.get(record.id)) ?? assert.fail();
      assert.deepEqual([state, endedAt, resultBytes], ['succeeded', 6_000, 1]);
      assert.equal(textOf(await jobs.result(record.id)), '3');
    }),
  );

  it(
    'commits once, however often it is told',
    withWork(async (work) => {
      const { jobs } = work;
      await jobs.submit([aJob()]);
      const lease = await claimOne(work);
      assert.equal(await jobs.complete(lease, { kind: 'succeeded', result: bytesOf('first') }), true);
      const record = await jobs.get(lease.jobId);
      assert.equal(await jobs.complete(lease, { kind: 'succeeded', result: bytesOf('second') }), true);
      assert.equal(await jobs.complete(lease, { kind: 'failed', error: broken }), true);
      assert.deepEqual(await jobs.get(lease.jobId), record);
      assert.equal(textOf(await jobs.result(lease.jobId)), 'first');
      assert.equal(await jobs.renew(lease, { leaseMs: 1_000 }), 'lost');
    }),
  );

  it(
    'lets nobody commit whose lease has ended and was taken over, also once the other one is done',
    withWork(async (work, clock) => {
      const { jobs } = work;
      await jobs.submit([aJob()]);
      const paused = await claimOne(work);
      clock.now += 1_000;
      const taken = await claimOne(work);
      assert.deepEqual([taken.jobId, taken.job.attempt], [paused.jobId, 2]);
      assert.notEqual(taken.token, paused.token);
      assert.equal(await jobs.renew(paused, { leaseMs: 1_000 }), 'lost');
      assert.equal(await jobs.complete(paused, { kind: 'succeeded', result: bytesOf('of the paused') }), false);
      assert.equal(await jobs.complete(taken, { kind: 'succeeded', result: bytesOf('of the other') }), true);
      assert.equal(await jobs.complete(paused, { kind: 'succeeded', result: bytesOf('of the paused') }), false);
      assert.equal(textOf(await jobs.result(taken.jobId)), 'of the other');
    }),
  );

  it(
    'lets one who is late commit if nobody has taken over meanwhile',
    withWork(async (work, clock) => {
      const { jobs } = work;
      await jobs.submit([aJob()]);
      const lease = await claimOne(work);
      clock.now += 1_000_000;
      assert.equal(await jobs.renew(lease, { leaseMs: 1_000 }), 'held');
      assert.deepEqual(await jobs.claim(claimOf()), []);
      assert.equal(await jobs.complete(lease, { kind: 'succeeded' }), true);
    }),
  );

  it(
    'takes a job back from somebody who is not heard of any more, and fails it after its attempts',
    withWork(async ({ jobs }, clock) => {
      const [{ record } = assert.fail()] = await jobs.submit([aJob({ attemptsMax: 2 })]);
      for (const attempt of [1, 2]) {
        const [lease = assert.fail()] = await jobs.claim(claimOf());
        assert.equal(lease.job.attempt, attempt);
        clock.now += 999;
        assert.deepEqual(await jobs.claim(claimOf({ worker: 'w2' })), []);
        assert.equal((await jobs.sweep()).lost, 0);
        clock.now += 1;
        assert.equal((await jobs.sweep()).lost, 1);
      }
      const { state, error } = (await jobs.get(record.id)) ?? assert.fail();
      assert.deepEqual([state, error?.code, error?.reason], ['failed', 'UNAVAILABLE', 'WORKER_LOST']);
    }),
  );

  it(
    'takes over as soon after the clock was set back as before it',
    withWork(async (work, clock) => {
      const { jobs } = work;
      clock.now = 10_000_000;
      await jobs.submit([aJob()]);
      const lost = await claimOne(work);
      clock.now = 1_000;
      await jobs.sweep();
      clock.now = 2_000;
      const taken = await claimOne(work);
      assert.equal(taken.jobId, lost.jobId);
    }),
  );

  it(
    'tries again what failed, when it is told to, and as often as it may',
    withWork(async (work, clock) => {
      const { jobs } = work;
      const [{ record } = assert.fail()] = await jobs.submit([aJob({ attemptsMax: 2 })]);
      const first = await claimOne(work);
      assert.equal(await jobs.complete(first, { kind: 'failed', error: broken, retryAt: 5_000 }), true);
      assert.equal(await jobs.complete(first, { kind: 'succeeded' }), false);
      const { state, attempt, error } = (await jobs.get(record.id)) ?? assert.fail();
      assert.deepEqual([state, attempt, error], ['queued', 1, broken]);
      clock.now = 4_999;
      assert.deepEqual(await jobs.claim(claimOf()), []);
      clock.now = 5_000;
      const second = await claimOne(work);
      await jobs.complete(second, { kind: 'failed', error: broken, retryAt: 6_000 });
      assert.equal((await jobs.get(record.id))?.state, 'failed');
    }),
  );

  it(
    'fails at once what will fail again, and begins anew when somebody wants that',
    withWork(async (work, clock) => {
      const { jobs } = work;
      const [{ record } = assert.fail()] = await jobs.submit([aJob({ deadline: 5_000 })]);
      await jobs.complete(await claimOne(work), { kind: 'failed', error: broken });
      assert.equal((await jobs.get(record.id))?.state, 'failed');
      clock.now = 6_000;
      const again = (await jobs.retry(record.id)) ?? assert.fail();
      assert.deepEqual([again.state, again.attempt, again.error, again.deadline], ['queued', 0, undefined, undefined]);
      await assert.rejects(jobs.retry(record.id), refusal('FAILED_PRECONDITION', 'JOB_STATE'));
      await jobs.complete(await claimOne(work), { kind: 'succeeded', result: bytesOf('3') });
      await assert.rejects(jobs.retry(record.id), refusal('FAILED_PRECONDITION', 'JOB_STATE', /got succeeded/));
      assert.equal(await jobs.retry('nobody'), undefined);
    }),
  );

  it(
    'counts no attempt that was given back',
    withWork(async (work) => {
      const { jobs } = work;
      await jobs.submit([aJob({ attemptsMax: 1 })]);
      const first = await claimOne(work);
      assert.equal(await jobs.complete(first, { kind: 'released' }), true);
      const second = await claimOne(work);
      assert.equal(second.job.attempt, 1);
      assert.equal(await jobs.complete(first, { kind: 'succeeded' }), false);
    }),
  );
}
