/** What every adapter promises of who gets which job, and of looking at them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aJob, claimOf, claimOne, refusal, type WithWork } from './samples.ts';

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
