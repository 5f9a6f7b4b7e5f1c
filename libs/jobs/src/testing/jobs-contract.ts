/** What every adapter promises of the queue. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Principal } from '@sheaf/inference';
import type { JobError } from '../job.ts';
import { aJob, bytesOf, claimOf, claimOne, hostileTexts, refusal, textOf, type WithWork } from './samples.ts';

const broken: JobError = { code: 'INTERNAL', reason: 'BROKEN', message: 'the model broke' };
const states = (records: readonly { readonly state: string }[]): string[] => records.map(({ state }) => state);

export function submitContract(withWork: WithWork): void {
  it(
    'keeps what was submitted, with all that was said of it',
    withWork(async ({ jobs }) => {
      const principal: Principal = {
        ...{ id: 'key:1', tenant: 'acme', roles: ['caller'], models: ['*'], priority: 'normal', claims: { team: 'a' } },
      } as unknown as Principal;
      const all = {
        ...{ principal, priority: 7, attemptsMax: 2, idempotencyKey: 'k', notBefore: 500, deadline: 9_000, ttlMs: 60 },
        ...{ traceparent: '00-aa-bb-01', callback: 'https://example.com/hook' },
      };
      const [{ record, added } = assert.fail()] = await jobs.submit([aJob(all)]);
      assert.equal(added, true);
      assert.match(record.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
      const { id, ...rest } = record;
      assert.deepEqual(rest, {
        ...{ kind: 'infer', tenant: 'acme', subject: 'digits', version: '3', ...all, state: 'queued', attempt: 0 },
        ...{ submittedAt: 1_000, payloadBytes: 5, cancelAsked: false },
      });
      assert.deepEqual(await jobs.get(id), record);
      assert.equal(textOf(await jobs.payload(id)), 'three');
      assert.equal(await jobs.result(id), undefined);
      assert.equal(await jobs.get('nobody'), undefined);
    }),
  );

  it(
    'answers the first job where one is submitted again under its key, and refuses another one under it',
    withWork(async ({ jobs }) => {
      const [first = assert.fail()] = await jobs.submit([aJob({ idempotencyKey: 'k' })]);
      const [again = assert.fail()] = await jobs.submit([aJob({ idempotencyKey: 'k', version: '4' })]);
      assert.deepEqual([again.added, again.record], [false, first.record]);
      const [other = assert.fail()] = await jobs.submit([aJob({ idempotencyKey: 'k', tenant: 'umbrella' })]);
      assert.equal(other.added, true);
      const reused = refusal('INVALID_ARGUMENT', 'IDEMPOTENCY_KEY_REUSED', /another subject and payload/);
      await assert.rejects(
        jobs.submit([aJob(), aJob({ idempotencyKey: 'k', subject: 'x', payload: bytesOf('four') })]),
        reused,
      );
      // All or none.
      assert.equal((await jobs.list({ tenant: 'acme' })).length, 1);
    }),
  );

  it(
    'adds no more than a tenant may have waiting, all or none',
    withWork(async ({ jobs }) => {
      const limits = { queuedPerTenantMax: 2 };
      await jobs.submit([aJob({ idempotencyKey: 'k' })], limits);
      const quota = refusal('RESOURCE_EXHAUSTED', 'JOBS_QUOTA', /"acme": want at most 2/);
      await assert.rejects(jobs.submit([aJob(), aJob()], limits), quota);
      await jobs.submit([aJob({ tenant: 'umbrella' }), aJob({ tenant: 'umbrella' })], limits);
      await jobs.submit([aJob({ notBefore: 5_000 })], limits);
      await assert.rejects(jobs.submit([aJob()], limits), quota);
      // What is there already takes no room, and what has begun does not wait.
      await jobs.submit([aJob({ idempotencyKey: 'k' })], limits);
      await jobs.claim(claimOf({ count: 3 }));
      await jobs.submit([aJob()], limits);
    }),
  );

  it(
    'stores texts as they are',
    withWork(async ({ jobs }) => {
      for (const text of hostileTexts) {
        const job = aJob({ tenant: text, subject: text, version: text, idempotencyKey: text, callback: text });
        const [{ record } = assert.fail()] = await jobs.submit([{ ...job, payload: bytesOf(text) }]);
        const { tenant, subject, version, idempotencyKey, callback } = record;
        assert.deepEqual([tenant, subject, version, idempotencyKey, callback], [text, text, text, text, text]);
        const [lease = assert.fail()] = await jobs.claim(claimOf({ worker: text, kinds: ['infer'] }));
        assert.equal(textOf(lease.payload), text);
        const error: JobError = { code: 'INTERNAL', reason: 'BROKEN', message: text };
        await jobs.complete(lease, { kind: 'failed', error });
        assert.deepEqual((await jobs.get(record.id))?.error, error);
        assert.deepEqual(await jobs.list({ tenant: text, subject: text, kinds: ['infer'] }), [
          await jobs.get(record.id),
        ]);
      }
    }),
  );

  it(
    'refuses what no job can be, and says which',
    withWork(async ({ jobs }) => {
      const wrong: readonly [Parameters<typeof aJob>[0], RegExp][] = [
        [{ kind: 'chunk' }, /jobs\[1\]\.kind: want infer or callback, got "chunk"/],
        [{ priority: 10 }, /jobs\[1\]\.priority: want a whole number from 0 to 9, got 10/],
        [{ attemptsMax: 0 }, /jobs\[1\]\.attemptsMax/],
        [{ deadline: 0.5 }, /jobs\[1\]\.deadline/],
        [{ tenant: 'a\0b' }, /jobs\[1\]\.tenant: want a text without NUL/],
        [{ subject: '\ud800' }, /jobs\[1\]\.subject: want a text of Unicode/],
        [{ payload: new Uint8Array(4 * 2 ** 20 + 1) }, /jobs\[1\]\.payload: want at most 4194304 bytes/],
        [{ payload: { sha256: 'zz', bytes: 1 } }, /jobs\[1\]\.payload\.sha256/],
      ];
      for (const [changes, message] of wrong)
        await assert.rejects(jobs.submit([aJob(), aJob(changes)]), refusal('INVALID_ARGUMENT', 'JOB_INVALID', message));
      assert.deepEqual(await jobs.list({}), []);
    }),
  );

  it(
    'knows which files are in use',
    withWork(async ({ jobs }) => {
      const [used, result, unused] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
      const [{ record } = assert.fail()] = await jobs.submit([aJob({ payload: { sha256: used, bytes: 9 } })]);
      assert.deepEqual([record.payloadBytes, await jobs.payload(record.id)], [9, { sha256: used, bytes: 9 }]);
      const [lease = assert.fail()] = await jobs.claim(claimOf());
      assert.deepEqual(lease.payload, { sha256: used, bytes: 9 });
      await jobs.complete(lease, { kind: 'succeeded', result: { sha256: result, bytes: 8 } });
      assert.deepEqual(await jobs.result(record.id), { sha256: result, bytes: 8 });
      assert.deepEqual([...(await jobs.blobsInUse([used, unused, result]))].sort(), [used, result]);
      await jobs.remove(record.id);
      assert.deepEqual(await jobs.blobsInUse([used, unused, result]), []);
    }),
  );
}

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

export function orderContract(withWork: WithWork): void {
  it(
    'gives the highest priority first, and the oldest of it',
    withWork(async ({ jobs }) => {
      const added = await jobs.submit([0, 9, 5, 9, 0].map((priority) => aJob({ priority })));
      const claimed = await jobs.claim(claimOf({ count: 5 }));
      assert.deepEqual(
        claimed.map(({ jobId }) => added.findIndex(({ record }) => record.id === jobId)),
        [1, 3, 2, 0, 4],
      );
    }),
  );

  it(
    'lets tenants take turns, whoever came first and however many each has',
    withWork(async ({ jobs }) => {
      await jobs.submit(Array.from({ length: 20 }, () => aJob({ tenant: 'many' })));
      await jobs.submit([aJob({ tenant: 'few' }), aJob({ tenant: 'few' }), aJob({ tenant: 'one' })]);
      const tenants: string[] = [];
      // One at a time, so that none is ever running when the next one is asked for.
      for (let turn = 0; turn < 6; turn++) {
        const [lease = assert.fail()] = await jobs.claim(claimOf());
        tenants.push(lease.job.tenant);
        await jobs.complete(lease, { kind: 'succeeded' });
      }
      assert.deepEqual([...tenants.slice(0, 3)].sort(), ['few', 'many', 'one']);
      assert.deepEqual([...tenants.slice(3)].sort(), ['few', 'many', 'many']);
    }),
  );

  it(
    'gives the tenant next that has the fewest running',
    withWork(async ({ jobs }) => {
      await jobs.submit(Array.from({ length: 9 }, () => aJob({ tenant: 'many' })));
      await jobs.claim(claimOf({ count: 4 }));
      await jobs.submit(Array.from({ length: 9 }, () => aJob({ tenant: 'new' })));
      const next = await jobs.claim(claimOf({ count: 6 }));
      const ofNew = next.filter(({ job }) => job.tenant === 'new').length;
      assert.equal(ofNew, 5, 'four to be even, and then in turns');
    }),
  );

  it(
    'gives only the kinds that somebody asks for',
    withWork(async ({ jobs }) => {
      await jobs.submit([aJob(), aJob({ kind: 'callback' })]);
      const [lease, ...more] = await jobs.claim(claimOf({ count: 9, kinds: ['callback', 'chunk'] }));
      assert.deepEqual([lease?.job.kind, more.length], ['callback', 0]);
      await assert.rejects(jobs.claim(claimOf({ count: 101 })), refusal('INVALID_ARGUMENT', 'JOB_INVALID', /count/));
      await assert.rejects(jobs.claim(claimOf({ kinds: [] })), refusal('INVALID_ARGUMENT', 'JOB_INVALID', /kinds/));
    }),
  );

  it(
    'lets nobody have what somebody has, however many ask at once',
    withWork(async ({ jobs }) => {
      await jobs.submit(Array.from({ length: 50 }, () => aJob()));
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, index) => jobs.claim(claimOf({ worker: `w${index}`, count: 5 }))),
      );
      const ids = claims.flat().map(({ jobId }) => jobId);
      assert.deepEqual([ids.length, new Set(ids).size], [50, 50]);
    }),
  );
}

export function looksContract(withWork: WithWork): void {
  it(
    'lists the newest first, by pages and by what was asked for',
    withWork(async (work) => {
      const { jobs } = work;
      await jobs.submit(Array.from({ length: 5 }, (_, index) => aJob({ subject: `s${index % 2}` })));
      await jobs.submit([aJob({ tenant: 'umbrella' })]);
      const all = await jobs.list({});
      assert.equal(all.length, 6);
      const first = await jobs.list({}, { limit: 4 });
      const rest = await jobs.list({}, { limit: 4, before: first.at(-1)?.id });
      assert.deepEqual([...first, ...rest], all);
      assert.equal((await jobs.list({ tenant: 'acme', subject: 's1' })).length, 2);
      await claimOne(work);
      assert.equal((await jobs.list({ states: ['running', 'failed'] })).length, 1);
      assert.equal((await jobs.list({ states: [] })).length, 0);
      await assert.rejects(jobs.list({}, { limit: 0 }), refusal('INVALID_ARGUMENT', 'JOB_INVALID', /limit/));
    }),
  );

  it(
    'counts by tenant, kind and state, and tells how long the oldest waits',
    withWork(async (work, clock) => {
      const { jobs } = work;
      assert.deepEqual(await jobs.counts(), { counts: [] });
      await jobs.submit([aJob(), aJob(), aJob({ notBefore: 9_000 })]);
      clock.now = 2_000;
      await jobs.submit([aJob({ tenant: 'umbrella' })]);
      await claimOne(work);
      const { counts, oldestQueuedAt } = await jobs.counts();
      assert.deepEqual(counts.map(({ tenant, kind, state, count }) => `${tenant} ${kind} ${state} ${count}`).sort(), [
        'acme infer queued 2',
        'acme infer running 1',
        'umbrella infer queued 1',
      ]);
      assert.equal(oldestQueuedAt, 1_000);
      const capped = (await jobs.counts(0)).counts.map(({ tenant, state, count }) => `${tenant} ${state} ${count}`);
      assert.deepEqual(capped.sort(), [' queued 3', ' running 1']);
    }),
  );

  it(
    'tells whoever listens of each change, until they stop',
    withWork(async (work) => {
      const { jobs } = work;
      const heard: string[] = [];
      const waiting = new Map<string, () => void>();
      const stop = jobs.onChange((changes) => {
        for (const { id, state } of changes) {
          heard.push(`${id} ${state}`);
          waiting.get(`${id} ${state}`)?.();
        }
      });
      const until = (what: string): Promise<void> =>
        new Promise((resolve) => {
          if (heard.includes(what)) resolve();
          else waiting.set(what, resolve);
        });
      const [{ record } = assert.fail()] = await jobs.submit([aJob()]);
      await until(`${record.id} queued`);
      const lease = await claimOne(work);
      await until(`${record.id} running`);
      await jobs.complete(lease, { kind: 'succeeded' });
      await until(`${record.id} succeeded`);
      stop();
    }),
  );
}
