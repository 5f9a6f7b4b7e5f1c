import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import pg from 'pg';
import type { RegistryStore } from '../../registry-store.ts';
import { aMove, aVersion, refusal } from '../../testing/samples.ts';
import { openPostgresStore, type PostgresStoreOptions } from './open-postgres-store.ts';

let server: PostgresServer;
before(async () => {
  if (!skipWithoutPostgres) server = await PostgresServer.start();
});
after(() => server?.stop());

/** Closed after the test, also after one that failed. */
const opened: RegistryStore[] = [];
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));
async function open(url: string, options?: PostgresStoreOptions): Promise<RegistryStore> {
  const store = await openPostgresStore(url, options);
  opened.push(store);
  return store;
}

/** As somebody does who has the password of the database. */
async function asOwner(url: string, ...sql: readonly string[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  for (const each of sql) await client.query(each);
  await client.end();
}

/** Resolves when `done` does not fail any more. */
async function untilRight<Result>(done: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await done();
    } catch (error) {
      refusal('UNAVAILABLE', 'REGISTRY_UNAVAILABLE')(error);
    }
  }
}

const noPoll = 600_000;

describe('a registry in a Postgres', { skip: skipWithoutPostgres }, () => {
  it('is made once when several open it at once for the first time', async () => {
    const url = await server.newUrl();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    await stores[0]?.addVersion(aVersion('a'));
    for (const store of stores) assert.equal((await store.listVersions('digits')).length, 1);
  });

  it('tells each of what others change, without being asked', async () => {
    const url = await server.newUrl();
    const [one, other] = await Promise.all([open(url, { pollMs: noPoll }), open(url, { pollMs: noPoll })]);
    // The first change may come before anybody listens; it is seen then by the look that follows.
    await other.addVersion(aVersion('a'));
    for (let epoch = 0; epoch < 3; epoch++) {
      const rung = Promise.withResolvers<void>();
      const end = one.onChanged(rung.resolve);
      await other.moveAlias(aMove(1, epoch));
      await rung.promise;
      end();
    }
    assert.equal((await one.aliasesOf('digits'))[0]?.epoch, 3);
  });

  it('lets one of two operators win who promote at once', async () => {
    const url = await server.newUrl();
    const stores = await Promise.all([open(url), open(url)]);
    await stores[0]?.addVersion(aVersion('a'));
    for (let epoch = 0; epoch < 10; epoch++) {
      const settled = await Promise.allSettled(
        stores.map((store, index) => store.moveAlias(aMove(1, epoch, { by: `op${index}` }))),
      );
      assert.deepEqual(settled.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    }
    assert.equal((await stores[0]?.history('digits'))?.length, 10);
    assert.equal(await stores[1]?.verifyAudit(), undefined);
  });

  it('says so while the server is away, and works again once it is back', async () => {
    const store = await open(await server.newUrl(), { pollMs: 20 });
    await store.addVersion(aVersion('a'));
    const rung = Promise.withResolvers<void>();
    await server.kill();
    try {
      await assert.rejects(
        store.moveAlias(aMove(1, 0)),
        refusal('UNAVAILABLE', 'REGISTRY_UNAVAILABLE', /nothing was changed/),
      );
      await assert.rejects(store.snapshot(), refusal('UNAVAILABLE', 'REGISTRY_UNAVAILABLE'));
      await assert.rejects(
        openPostgresStore('postgres://sheaf@127.0.0.1:1/none'),
        refusal('UNAVAILABLE', 'REGISTRY_UNAVAILABLE'),
      );
    } finally {
      await server.start();
    }
    store.onChanged(rung.resolve);
    await untilRight(() => store.moveAlias(aMove(1, 0)));
    await rung.promise;
    assert.equal((await store.listVersions('digits')).length, 1);
  });

  it('does not wait for ever for somebody who holds it', async () => {
    const url = await server.newUrl();
    const store = await open(url, { lockWaitMs: 100 });
    await store.addVersion(aVersion('a'));
    const client = new pg.Client(url);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT * FROM registry_state FOR UPDATE');
    await assert.rejects(
      store.moveAlias(aMove(1, 0)),
      refusal('UNAVAILABLE', 'REGISTRY_LOCKED', /nothing was changed/),
    );
    // Reading goes on.
    assert.equal((await store.listVersions('digits')).length, 1);
    await client.query('COMMIT');
    await client.end();
    await store.moveAlias(aMove(1, 0));
  });

  it('is refused when it is of a newer version, and when it lets nobody in', async () => {
    const url = await server.newUrl();
    await (await open(url)).close();
    await asOwner(url, 'INSERT INTO registry_schema VALUES (1000)');
    await assert.rejects(openPostgresStore(url), refusal('FAILED_PRECONDITION', 'REGISTRY_NEWER'));
    const nowhere = url.replace('/postgres?', '/nowhere?');
    await assert.rejects(openPostgresStore(nowhere), refusal('FAILED_PRECONDITION', 'REGISTRY_DENIED'));
    const nobody = url.replace('//sheaf@', '//nobody@');
    await assert.rejects(openPostgresStore(nobody), refusal('FAILED_PRECONDITION', 'REGISTRY_DENIED'));
  });

  it('shows by its chain what somebody with the password changed', async () => {
    const url = await server.newUrl();
    const store = await open(url);
    await store.addVersion(aVersion('a'));
    for (let epoch = 0; epoch < 5; epoch++) await store.moveAlias(aMove(1, epoch));
    await asOwner(url, `UPDATE registry_audit SET detail = replace(detail, 'better', 'worse') WHERE sequence = 4`);
    assert.equal(await store.verifyAudit(), 4);
  });
});
