/** A Redis that is there and does not count: a replica after a failover, one that is full, forbids it, or has lost its cluster. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limiter } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { createRedisLimiter } from './redis.ts';
import { concurrent, rate } from './testing/limiter-contract.ts';
import { RedisServer, skipWithoutRedis } from './testing/redis-server.ts';

// Not of calls at once: a script that has removed old leases may go on writing when Redis is full.
const takes = [rate('load', 1, 1e6, 1e6)];
/** For events; nothing is measured by it. */
const eventMsMax = 10_000;

/** What leads to one server after the other, as the name of a primary does; connections that are there stay where they are. */
class Name {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  target: number;

  constructor(target: number) {
    this.target = target;
    this.#server = createServer((inside) => {
      const outside = connect(this.target, '127.0.0.1');
      for (const socket of [inside, outside]) this.#sockets.add(socket.on('error', () => socket.destroy()));
      inside.pipe(outside).pipe(inside);
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe('a Redis that does not count', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  let limiter: Limiter;
  let told: string[];

  const create = (url: string | (() => string)): Promise<Limiter> =>
    createRedisLimiter({
      url,
      whenGone: 'share',
      share: 1 / 2,
      // A machine that is busy is no subject here.
      budgetMs: 2_000,
      fallback: createMemoryLimiter({ now: () => performance.now(), wallNow: Date.now }),
      onReachable: (reachable, code) => told.push(reachable ? 'counts' : (code ?? '')),
    });
  const isDegraded = async (): Promise<boolean> => {
    const verdict = await limiter.take(takes, 1_000);
    if (verdict.taken) limiter.settle(verdict.receipt);
    return verdict.degraded === true;
  };
  const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
    const start = performance.now();
    while (!(await what())) {
      assert.ok(performance.now() - start < eventMsMax, `it did not happen; told: ${told.join(', ')}`);
      await sleep(10);
    }
  };

  beforeEach(async () => {
    told = [];
    server = await RedisServer.start();
    limiter = await create(server.url);
    assert.deepEqual(told, ['counts']);
  });
  afterEach(async () => {
    await limiter?.close();
    await server?.stop();
  });

  const faults: Record<string, { start: string; end: string }> = {
    READONLY: { start: 'REPLICAOF 127.0.0.1 1', end: 'REPLICAOF NO ONE' },
    OOM: { start: 'CONFIG SET maxmemory 1', end: 'CONFIG SET maxmemory 0' },
    // Of the script, and of what it does.
    NOPERM: { start: 'ACL SETUSER default -evalsha', end: 'ACL SETUSER default +@all' },
    'NOPERM ': { start: 'ACL SETUSER default -set', end: 'ACL SETUSER default +@all' },
    'NOPERM  ': { start: 'ACL SETUSER default resetkeys', end: 'ACL SETUSER default allkeys' },
  };
  for (const [code, { start, end }] of Object.entries(faults)) {
    it(`${code.trim()} (${start}): counts the share, says so once, and is exact again when it is over`, async () => {
      assert.equal(await isDegraded(), false);
      assert.equal(await server.command(start), '+OK');
      await until(async () => (await isDegraded()) && told.length === 2);
      for (let call = 0; call < 100; call++) assert.equal(await isDegraded(), true);
      assert.equal(await server.command(end), '+OK');
      await until(() => told.length === 3);
      assert.equal(await isDegraded(), false);
      assert.deepEqual(told, ['counts', code.trim(), 'counts']);
    });
  }

  it('is asked with the password of now on each new connection, when that has become another one', async () => {
    await limiter.close();
    assert.equal(await server.command('ACL SETUSER gate on >o%e ~* &* +@all'), '+OK');
    let password = 'o%25e';
    limiter = await create(() => server.url.replace('//', `//gate:${password}@`));
    assert.equal(await isDegraded(), false);
    told = [];
    // Whoever changes it changes it here first, and at the server then.
    password = 'two';
    assert.equal(await server.command('ACL SETUSER gate resetpass >two'), '+OK');
    assert.equal(await server.command('CLIENT KILL USER gate'), ':1');
    await until(async () => !(await isDegraded()) && told.at(-1) === 'counts');
  });

  it('CLUSTERDOWN, MASTERDOWN and READONLY are told at the start, instead of a time-out, and end by themselves', async () => {
    const early = async (url: string, end: () => Promise<unknown>): Promise<readonly string[]> => {
      await limiter.close();
      told = [];
      limiter = await create(url);
      assert.equal(await isDegraded(), true);
      await end();
      await until(async () => !(await isDegraded()));
      return told;
    };
    await server.command('REPLICAOF 127.0.0.1 1');
    const away = () => server.command('REPLICAOF NO ONE');
    assert.deepEqual(await early(server.url, away), ['READONLY', 'counts']);
    await server.command('CONFIG SET replica-serve-stale-data no');
    await server.command('REPLICAOF 127.0.0.1 1');
    assert.deepEqual(await early(server.url, away), ['MASTERDOWN', 'counts']);
    const node = await RedisServer.start('--cluster-enabled', 'yes');
    try {
      const slots = () => node.command('CLUSTER ADDSLOTSRANGE 0 16383');
      assert.deepEqual(await early(node.url, slots), ['CLUSTERDOWN', 'counts']);
    } finally {
      await node.stop();
    }
  });

  it('LOADING: counts the share while a Redis that was started again reads its data, and is exact again when it has', async () => {
    const node = await RedisServer.start('--enable-debug-command', 'local');
    try {
      await limiter.close();
      told = [];
      limiter = await create(node.url);
      assert.equal(await isDegraded(), false);
      for (const line of [
        'CONFIG SET rdbcompression no',
        // It answers after each key that it has read.
        'DEBUG POPULATE 1000 key 2000',
        'CONFIG SET loading-process-events-interval-bytes 1024',
        'CONFIG SET key-load-delay 20000',
      ])
        assert.equal(await node.command(line), '+OK');
      const reloaded = node.command('DEBUG RELOAD');
      await until(async () => (await isDegraded()) && told.length === 2);
      assert.equal(await node.command('CONFIG SET key-load-delay 0'), '+OK');
      assert.equal(await reloaded, '+OK');
      await until(async () => !(await isDegraded()));
      assert.deepEqual(told, ['counts', 'LOADING', 'counts']);
    } finally {
      await node.stop();
    }
  });

  it('finds the new primary behind the name after a failover, though the old one still answers', async () => {
    const next = await RedisServer.start();
    const name = new Name(server.port);
    try {
      await limiter.close();
      told = [];
      limiter = await create(await name.open());
      assert.equal(await isDegraded(), false);
      await next.command(`REPLICAOF 127.0.0.1 ${server.port}`);
      await until(async () => (await next.command('EXISTS {sheaf}:probe')).startsWith(':'));

      await next.command('REPLICAOF NO ONE');
      await server.command(`REPLICAOF 127.0.0.1 ${next.port}`);
      name.target = next.port;

      await until(async () => (await isDegraded()) || told.length > 1);
      await until(async () => !(await isDegraded()));
      assert.deepEqual(told, ['counts', 'READONLY', 'counts']);
      const held = await limiter.take([concurrent('held', 8)], 60_000);
      assert.equal(held.degraded ?? false, false);
      assert.equal(await next.command('EXISTS {sheaf}:concurrent:held'), ':1');
    } finally {
      name.close();
      await next.stop();
    }
  });

  it('goes on counting when what one key holds is no bucket: that call alone is counted here', async () => {
    await server.command('LPUSH {sheaf}:rate:odd x');
    const odd = await limiter.take([rate('odd', 1, 1, 1)], 1_000);
    assert.equal(odd.degraded, true);
    for (let call = 0; call < 20; call++) assert.equal(await isDegraded(), false);
    assert.deepEqual(told, ['counts']);
  });
});
