import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import pg from 'pg';
import { aJob, bytesOf, claimOf, refusal } from '../testing/samples.ts';
import type { Work } from '../work.ts';
import { openPostgresWork, type PostgresWorkOptions } from './open-postgres-work.ts';

let server: PostgresServer;
before(async () => {
  if (!skipWithoutPostgres) server = await PostgresServer.start();
});
after(() => server?.stop());

/** Closed after the test, also after one that failed. */
const opened: Work[] = [];
afterEach(() => Promise.all(opened.splice(0).map((work) => work.close())));
async function open(url: string, options?: PostgresWorkOptions): Promise<Work> {
  const work = await openPostgresWork(url, options);
  opened.push(work);
  return work;
}

/** As somebody does who has the password of the database; `jobs` are the tables, `queue` those of pg-boss. */
async function asOwner<Row>(
  url: string,
  ask: (client: pg.Client, jobs: string, queue: string) => Promise<Row>,
): Promise<Row> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query('SELECT current_schema() AS name');
    return await ask(client, `${rows[0].name}_jobs`, `${rows[0].name}_jobs_queue`);
  } finally {
    await client.end();
  }
}

/** Resolves when `ask` does not fail any more. */
async function untilThere<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      refusal('UNAVAILABLE', 'JOBS_UNAVAILABLE')(error);
    }
  }
}

const noPoll = 600_000;
const away = refusal('UNAVAILABLE', 'JOBS_UNAVAILABLE', /nothing was changed/);
const done = { kind: 'succeeded', result: bytesOf('done') } as const;

describe('jobs in a Postgres', { skip: skipWithoutPostgres }, () => {
  it('are made room for once when several open it at once for the first time', async () => {
    const url = await server.newUrl();
    const works = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    await works[0]?.jobs.submit([aJob()]);
    for (const { jobs } of works) assert.equal((await jobs.list({})).length, 1);
  });

  it('tells each of what others change, without being asked', async () => {
    const url = await server.newUrl();
    const [one, other] = await Promise.all([open(url, { pollMs: noPoll }), open(url, { pollMs: noPoll })]);
    const heard = Promise.withResolvers<string>();
    const end = one.jobs.onChange((changes) => heard.resolve(changes[0]?.state ?? ''));
    // Asked after it was asked where to begin.
    await one.jobs.counts();
    await other.jobs.submit([aJob()]);
    assert.equal(await heard.promise, 'queued');
    end();
  });

  it('gives each job to one of several that ask at once', async () => {
    const url = await server.newUrl();
    const works = await Promise.all(Array.from({ length: 3 }, () => open(url)));
    await works[0]?.jobs.submit(Array.from({ length: 60 }, (_, index) => aJob({ tenant: `tenant ${index % 4}` })));
    const taken = await Promise.all(
      works.flatMap(({ jobs }) => Array.from({ length: 8 }, () => jobs.claim(claimOf({ count: 3, leaseMs: 60_000 })))),
    );
    const ids = taken.flat().map(({ jobId }) => jobId);
    assert.equal(ids.length, 60);
    assert.equal(new Set(ids).size, 60);
  });

  it('keeps the queue of pg-boss as the tables say, in the same transaction', async () => {
    const url = await server.newUrl();
    const { jobs } = await open(url);
    const submitted = await jobs.submit([aJob(), aJob(), aJob(), aJob(), aJob({ priority: 9 })]);
    const [first, second, third] = await jobs.claim(claimOf({ count: 3, leaseMs: 60_000 }));
    assert.ok(first && second && third);
    assert.equal(first.jobId, submitted[4]?.record.id);
    await jobs.complete(first, done);
    const broken = { code: 'INTERNAL', reason: 'BROKEN', message: 'broke' } as const;
    await jobs.complete(second, { kind: 'failed', error: broken });
    await jobs.complete(third, { kind: 'released' });
    await jobs.cancel(submitted[3]?.record.id ?? '');
    const states = await asOwner(url, async (client, tables, queue) => {
      const { rows } = await client.query(
        `SELECT j.state AS ours, q.state AS theirs FROM ${tables}.jobs j JOIN ${queue}.job q ON q.id = j.id::uuid ORDER BY ours`,
      );
      return rows.map(({ ours, theirs }) => `${ours} ${theirs}`);
    });
    assert.deepEqual(states, [
      'cancelled cancelled',
      'failed failed',
      'queued created',
      'queued retry',
      'succeeded completed',
    ]);
  });

  it('goes on where the queue was lost: the tables say what is so', async () => {
    const url = await server.newUrl();
    const { jobs } = await open(url);
    await jobs.submit([aJob(), aJob(), aJob({ tenant: 'umbrella' })]);
    const [running] = await jobs.claim(claimOf({ leaseMs: 60_000 }));
    assert.ok(running);
    await asOwner(url, (client, _, queue) => client.query(`DELETE FROM ${queue}.job`));
    assert.equal(await jobs.complete(running, { kind: 'released' }), true);
    assert.equal((await jobs.claim(claimOf({ count: 10 }))).length, 3);
  });

  it('says so while the server is away, and works again once it is back', async () => {
    const { jobs } = await open(await server.newUrl(), { pollMs: 20 });
    await jobs.submit([aJob()]);
    const [lease] = await jobs.claim(claimOf({ leaseMs: 600_000 }));
    assert.ok(lease);
    const heard = Promise.withResolvers<void>();
    jobs.onChange(() => heard.resolve());
    await jobs.counts();
    await server.kill();
    try {
      await assert.rejects(jobs.submit([aJob()]), away);
      await assert.rejects(jobs.list({}), away);
      await assert.rejects(openPostgresWork('postgres://sheaf:hush@127.0.0.1:1/none'), away);
    } finally {
      await server.start();
    }
    assert.equal(await untilThere(() => jobs.complete(lease, done)), true);
    await heard.promise;
    assert.equal((await jobs.list({ states: ['succeeded'] })).length, 1);
  });

  it('has changed all or nothing where its connections are cut, and goes on', async () => {
    const url = await server.newUrl();
    const { jobs } = await open(url);
    let told = 0;
    for (let round = 0; round < 10; round++) {
      const submitted = Promise.allSettled(Array.from({ length: 5 }, () => jobs.submit([aJob(), aJob()])));
      await asOwner(url, (client) =>
        client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sheaf jobs'`),
      );
      for (const result of await submitted)
        if (result.status === 'fulfilled') told += result.value.length;
        else assert.ok(result.reason instanceof InferError && /^JOBS_(UNAVAILABLE|LOST)$/.test(result.reason.reason));
    }
    // Connections that were cut while they idled are found broken by who asks them first.
    const { length } = await untilThere(() => jobs.list({}, { limit: 1_000 }));
    assert.ok(length >= told && length % 2 === 0, `${length} kept of ${told} told`);
  });

  it('does not wait for ever for somebody who holds it, and reads go on', async () => {
    const url = await server.newUrl();
    const { jobs } = await open(url, { lockWaitMs: 100 });
    await asOwner(url, async (client, tables) => {
      await client.query('BEGIN');
      await client.query(`SELECT * FROM ${tables}.work_state FOR UPDATE`);
      await assert.rejects(jobs.submit([aJob()]), refusal('UNAVAILABLE', 'JOBS_LOCKED', /nothing was changed/));
      assert.deepEqual(await jobs.list({}), []);
      await client.query('COMMIT');
    });
    await jobs.submit([aJob()]);
  });

  it('is refused with a sentence where it takes no changes, is newer, lets nobody in, or has no right address', async () => {
    const url = await server.newUrl();
    await (await openPostgresWork(url)).close();
    // As a standby answers.
    const standby = `${url}%20-c%20default_transaction_read_only%3Don`;
    await assert.rejects(openPostgresWork(standby), refusal('FAILED_PRECONDITION', 'JOBS_READ_ONLY', /the primary/));
    const wrong = (what: string, by: string): string => url.replace(what, by);
    const denied = refusal('FAILED_PRECONDITION', 'JOBS_DENIED', /DATABASE_URL/);
    await assert.rejects(openPostgresWork(wrong('/postgres?', '/nowhere?')), denied);
    await assert.rejects(openPostgresWork(wrong('//sheaf@', '//nobody:hush@')), denied);
    await asOwner(url, (client, tables) => client.query(`INSERT INTO ${tables}.work_schema VALUES (1000)`));
    await assert.rejects(openPostgresWork(url), refusal('FAILED_PRECONDITION', 'JOBS_NEWER'));
    await assert.rejects(
      openPostgresWork('mysql://sheaf:hush@host/database'),
      ({ code, message }: InferError) => code === 'INVALID_ARGUMENT' && !message.includes('hush'),
    );
  });
});
