/** What every adapter promises of how jobs end. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aJob, bytesOf, claimOf, claimOne, refusal, textOf, type WithWork } from './samples.ts';

const states = (records: readonly { readonly state: string }[]): string[] => records.map(({ state }) => state);

export function endsContract(withWork: WithWork): void {
  it(
    'cancels at once what waits, and what runs by telling whoever has it',
    withWork(async (work, clock) => {
      const { jobs } = work;
      const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = await jobs.submit([
        ...[aJob(), aJob(), aJob()],
      ]);
      const held = await claimOne(work);
      assert.equal(held.jobId, first.record.id);
      assert.equal((await jobs.cancel(second.record.id))?.state, 'cancelled');
      const asked = (await jobs.cancel(first.record.id)) ?? assert.fail();
      assert.deepEqual([asked.state, asked.cancelAsked], ['running', true]);
      assert.equal(await jobs.renew(held, { leaseMs: 1_000 }), 'cancel');
      assert.equal(await jobs.complete(held, { kind: 'cancelled' }), true);
      assert.equal((await jobs.get(first.record.id))?.state, 'cancelled');
      // Whoever has it may die instead, or fail.
      const dying = await claimOne(work);
      assert.equal(dying.jobId, third.record.id);
      await jobs.cancel(third.record.id);
      clock.now += 1_000;
      await jobs.sweep();
      assert.equal((await jobs.get(third.record.id))?.state, 'cancelled');
      assert.equal((await jobs.cancel(third.record.id))?.state, 'cancelled');
      assert.equal(await jobs.cancel('nobody'), undefined);
    }),
  );

  it(
    'keeps a result that came before the cancelling was heard of',
    withWork(async (work) => {
      const { jobs } = work;
      await jobs.submit([aJob()]);
      const lease = await claimOne(work);
      await jobs.cancel(lease.jobId);
      assert.equal(await jobs.complete(lease, { kind: 'succeeded', result: bytesOf('3') }), true);
      assert.deepEqual(
        [(await jobs.get(lease.jobId))?.state, textOf(await jobs.result(lease.jobId))],
        ['succeeded', '3'],
      );
    }),
  );

  it(
    'ends at its deadline what has not ended, whether it was begun or not',
    withWork(async (work, clock) => {
      const { jobs } = work;
      await jobs.submit([aJob({ deadline: 3_000 }), aJob({ deadline: 3_000 }), aJob()]);
      const lease = await claimOne(work);
      clock.now = 3_000;
      // Also before anybody has swept.
      const [other] = await jobs.claim(claimOf({ count: 10 }));
      assert.equal(other?.job.deadline, undefined);
      await jobs.sweep();
      assert.deepEqual(states(await jobs.list({})), ['running', 'expired', 'expired']);
      assert.equal((await jobs.get(lease.jobId))?.error?.reason, 'JOB_EXPIRED');
      assert.equal(await jobs.renew(lease, { leaseMs: 1_000 }), 'lost');
      assert.equal(await jobs.complete(lease, { kind: 'succeeded' }), false);
    }),
  );

  it(
    'forgets an end after its time, and with it its key',
    withWork(async (work, clock) => {
      const { jobs } = work;
      await jobs.submit([aJob({ ttlMs: 500, idempotencyKey: 'k' }), aJob({ notBefore: 99_000 })]);
      const lease = await claimOne(work);
      await jobs.complete(lease, { kind: 'succeeded', result: bytesOf('3') });
      clock.now += 499;
      assert.equal((await jobs.sweep()).removed, 0);
      clock.now += 1;
      assert.equal((await jobs.sweep()).removed, 1);
      assert.equal(await jobs.get(lease.jobId), undefined);
      assert.equal(await jobs.result(lease.jobId), undefined);
      assert.equal((await jobs.sweep()).removed, 0);
      const [again] = await jobs.submit([aJob({ idempotencyKey: 'k' })]);
      assert.equal(again?.added, true);
    }),
  );

  it(
    'forgets an end when it is told to',
    withWork(async (work) => {
      const { jobs } = work;
      await jobs.submit([aJob()]);
      const lease = await claimOne(work);
      await assert.rejects(jobs.remove(lease.jobId), refusal('FAILED_PRECONDITION', 'JOB_STATE', /got running/));
      await jobs.complete(lease, { kind: 'succeeded' });
      assert.equal(await jobs.remove(lease.jobId), true);
      assert.equal(await jobs.remove(lease.jobId), false);
      assert.deepEqual(await jobs.list({}), []);
    }),
  );

  it(
    'adds with each end the job that tells its URL, once',
    withWork(async (work, clock) => {
      const { jobs } = work;
      const url = 'https://example.com/hook';
      await jobs.submit([aJob({ callback: url, principal: 'trusted' }), aJob({ callback: url, deadline: 2_000 })]);
      const lease = await claimOne(work);
      await jobs.complete(lease, { kind: 'succeeded' });
      await jobs.complete(lease, { kind: 'succeeded' });
      clock.now = 2_000;
      await jobs.sweep();
      const told = await jobs.claim(claimOf({ count: 10 }));
      assert.deepEqual(
        told.map(({ job, payload }) => [job.kind, job.tenant, JSON.parse(textOf(payload))]),
        (await jobs.list({ kinds: ['infer'] })).toReversed().map(({ id }) => ['callback', 'acme', { job: id, url }]),
      );
      assert.equal((await jobs.get(lease.jobId))?.callbackJob, told[0]?.jobId);
    }),
  );
}
