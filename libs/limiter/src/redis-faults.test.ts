/** Redis killed, paused and slow under load. Real time, therefore short; the bounds are wide, because machines that test are busy. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limiter, Verdict } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { createRedisLimiter } from './redis.ts';
import { concurrent, quota, rate } from './testing/limiter-contract.ts';
import { RedisServer, skipWithoutRedis } from './testing/redis-server.ts';

const budgetMs = 50;
/** A timer that fires late and a busy machine: what is to be seen is that nobody waits for seconds. */
const toleranceMs = 200;

const takes = [rate('load', 1, 1e6, 1e6), concurrent('load', 64), quota('load', 1, 1e9)];

interface Load {
  readonly verdicts: Verdict[];
  slowestMs: number;
  stop(): Promise<void>;
}

/** 8 clients that call and settle, one call after the other. */
function startLoad(limiter: Limiter): Load {
  let running = true;
  const load: Load = {
    verdicts: [],
    slowestMs: 0,
    stop: async () => {
      running = false;
      await clients;
    },
  };
  const client = async () => {
    while (running) {
      const start = performance.now();
      const verdict = await limiter.take(takes, 1000);
      load.slowestMs = Math.max(load.slowestMs, performance.now() - start);
      load.verdicts.push(verdict);
      if (verdict.taken) limiter.settle(verdict.receipt, [2, 1, 1]);
      await sleep(1);
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, client));
  return load;
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await what()) return;
    await sleep(25);
  }
  assert.fail('it did not happen within 10 s');
}

describe('Redis goes away under load', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  let limiter: Limiter;
  let reachable = false;

  const create = (whenGone: 'share' | 'closed'): Promise<Limiter> =>
    createRedisLimiter({
      url: server.url,
      budgetMs,
      whenGone,
      share: 1 / 2,
      fallback: createMemoryLimiter({ now: () => performance.now(), wallNow: Date.now }),
      onReachable: (now) => {
        reachable = now;
      },
    });

  beforeEach(async () => {
    server = await RedisServer.start();
    limiter = await create('share');
    assert.ok(reachable);
  });
  afterEach(async () => {
    await limiter?.close();
    await server?.stop();
  });

  const faults: Record<string, { start(): Promise<unknown>; end(): Promise<unknown> }> = {
    killed: { start: () => server.kill(), end: () => server.start() },
    paused: { start: async () => server.signal('SIGSTOP'), end: async () => server.signal('SIGCONT') },
    'slow by 400 ms': { start: () => server.command('CLIENT PAUSE 400'), end: () => sleep(500) },
  };

  for (const [fault, { start, end }] of Object.entries(faults)) {
    it(`${fault}: counts the share, says so, makes nobody wait, and comes back by itself`, async () => {
      const load = startLoad(limiter);
      // A busy machine may keep one call waiting beyond the budget.
      const isSteady = async (): Promise<boolean> => {
        load.verdicts.length = 0;
        await sleep(100);
        return load.verdicts.length > 0 && load.verdicts.every(({ degraded }) => !degraded);
      };
      await until(isSteady);

      await start();
      await until(() => !reachable);
      load.verdicts.length = 0;
      await sleep(150);
      assert.ok(load.verdicts.length > 8 && load.verdicts.every(({ taken, degraded }) => taken && degraded));

      await end();
      await until(() => reachable);
      await until(isSteady);
      await load.stop();
      assert.ok(load.slowestMs < budgetMs + toleranceMs, `a call waited ${load.slowestMs} ms`);
      // What was granted too late was given back: no lease is left.
      await until(async () => (await limiter.standings([concurrent('load', 64)]))[0]?.remaining === 64);
    });
  }

  const whyNot = async (url: string): Promise<string | undefined> => {
    const told: (string | undefined)[] = [];
    const other = await createRedisLimiter({
      url,
      whenGone: 'share',
      share: 1,
      fallback: createMemoryLimiter({ now: () => performance.now(), wallNow: Date.now }),
      onReachable: (now, code) => told.push(now ? 'reachable' : code),
    });
    await other.close();
    assert.equal(told.length, 1);
    return told[0];
  };

  it('tells a wrong password, a refused connection and a time-out apart, also where it was never reached', async () => {
    const wrong = server.url.replace('//', '//nobody:wrong@');
    assert.equal(await whyNot(wrong), 'WRONGPASS');
    server.signal('SIGSTOP');
    assert.equal(await whyNot(server.url), 'ETIMEDOUT');
    await server.kill();
    assert.equal(await whyNot(server.url), 'ECONNREFUSED');
  });

  it('counts half of each limit alone when there are two gateways, and one call at least', async () => {
    await server.kill();
    await until(() => !reachable);
    const count = async (take: (typeof takes)[number]) => {
      let taken = 0;
      while (taken < 50 && (await limiter.take([take], 60_000)).taken) taken++;
      return taken;
    };
    assert.equal(await count(rate('half', 1, 0.001, 10)), 5);
    assert.equal(await count(quota('half', 1, 10)), 5);
    assert.equal(await count(concurrent('half', 10)), 5);
    assert.equal(await count(concurrent('one', 1)), 1);
    assert.equal(await count(rate('big', 8, 0.001, 10)), 1);
  });

  it('refuses when it is to be closed, without charging anything', async () => {
    const shut = await create('closed');
    assert.ok((await shut.take(takes, 1000)).taken);
    await server.kill();
    await until(() => !reachable);
    const verdict = await shut.take(takes, 1000);
    assert.ok(!verdict.taken && verdict.why === 'closed' && verdict.retryAfterMs > 0);
    await shut.close();
  });

  it('starts without Redis', async () => {
    await server.kill();
    const early = await create('share');
    assert.equal((await early.take(takes, 1000)).degraded, true);
    await server.start();
    await until(async () => !(await early.take(takes, 1000)).degraded);
    await early.close();
  });

  it('keeps few commands waiting for a Redis that is paused', async () => {
    server.signal('SIGSTOP');
    const start = performance.now();
    const verdicts = await Promise.all(Array.from({ length: 10_000 }, () => limiter.take(takes, 1000)));
    assert.ok(performance.now() - start < 2000);
    assert.ok(verdicts.every(({ degraded }) => degraded));
    server.signal('SIGCONT');
    await until(() => reachable);
    await until(async () => (await limiter.standings([concurrent('load', 64)]))[0]?.remaining === 64);
  });

  it('is closed within the budget when Redis is paused', async () => {
    server.signal('SIGSTOP');
    const waiting = limiter.take(takes, 1000);
    const start = performance.now();
    await limiter.close();
    assert.ok(performance.now() - start < budgetMs + toleranceMs);
    assert.equal((await waiting).taken, false);
    server.signal('SIGCONT');
  });
});
