/** What every adapter promises of submissions. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Principal } from '@sheaf/inference';
import type { JobError } from '../job.ts';
import { aJob, bytesOf, claimOf, cutBatch, hostileTexts, refusal, textOf, type WithWork } from './samples.ts';

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
    'lets nobody have more waiting by submitting and retrying in turns',
    withWork(async ({ jobs }) => {
      const limits = { queuedPerTenantMax: 1 };
      const [{ record: first } = assert.fail()] = await jobs.submit([aJob()], limits);
      await jobs.cancel(first.id);
      const [{ record: second } = assert.fail()] = await jobs.submit([aJob()], limits);
      await assert.rejects(jobs.retry(first.id, limits), refusal('RESOURCE_EXHAUSTED', 'JOBS_QUOTA', /at most 1 jobs/));
      assert.equal((await jobs.get(first.id))?.state, 'cancelled');
      await jobs.cancel(second.id);
      assert.equal((await jobs.retry(first.id, limits))?.state, 'queued');
    }),
  );

  it(
    'counts what callers have submitted, and neither chunks nor call-backs',
    withWork(async (work) => {
      const { jobs } = work;
      const limits = { queuedPerTenantMax: 1 };
      await cutBatch(work, [1, 1, 1]);
      const callback = { kind: 'callback' } as const;
      const [{ record } = assert.fail()] = await jobs.submit([aJob(callback), aJob(callback)], limits);
      await jobs.submit([aJob()], limits);
      await jobs.submit([aJob(callback)], limits);
      await jobs.cancel(record.id);
      assert.equal((await jobs.retry(record.id, limits))?.state, 'queued');
      await assert.rejects(jobs.submit([aJob()], limits), refusal('RESOURCE_EXHAUSTED', 'JOBS_QUOTA'));
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
