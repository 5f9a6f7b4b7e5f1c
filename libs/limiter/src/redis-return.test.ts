/** A Redis that goes away and comes back: what that gives a caller, which is nothing. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limiter, Receipt, Take } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { createRedisLimiter } from './redis.ts';
import { concurrent, quota, rate } from './testing/limiter-contract.ts';
import { RedisServer, skipWithoutRedis } from './testing/redis-server.ts';

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await what()) return;
    await sleep(25);
  }
  assert.fail('it did not happen within 10 s');
}

describe('Redis that goes away and comes back', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  let limiter: Limiter;
  let reachable = false;
  const create = (share: number): Promise<Limiter> =>
    createRedisLimiter({
      url: server.url,
      whenGone: 'share',
      share,
      fallback: createMemoryLimiter({ now: () => performance.now(), wallNow: Date.now }),
      onReachable: (now) => {
        reachable = now;
      },
    });
  const pause = async (): Promise<void> => {
    server.signal('SIGSTOP');
    // Somebody has to notice.
    await limiter.take([rate('other', 1, 1e6, 1e6)], 1_000);
    await until(() => !reachable);
  };
  const wake = async (): Promise<void> => {
    server.signal('SIGCONT');
    await until(() => reachable);
  };
  /** How many are let in of at most 50. */
  const count = async (take: Take): Promise<number> => {
    let taken = 0;
    while (taken < 50 && (await limiter.take([take], 60_000)).taken) taken++;
    return taken;
  };

  beforeEach(async () => {
    server = await RedisServer.start();
    limiter = await create(1);
  });
  afterEach(async () => {
    server?.signal('SIGCONT');
    await limiter?.close();
    await server?.stop();
  });

  for (const take of [rate('calls', 1, 0.001, 10), quota('calls', 1, 10)])
    it(`lets nobody have more of a ${take.kind} than without that, however often it is made to`, async () => {
      assert.equal(await count(take), 10);
      for (let round = 0; round < 3; round++) {
        await pause();
        assert.equal(await count(take), 0, 'while it is away');
        await wake();
        assert.equal(await count(take), 0, 'when it is back');
      }
    });

  for (const take of [rate('some', 1, 0.001, 10), quota('some', 1, 10)])
    it(`goes on with a ${take.kind} where it was, there and back`, async () => {
      for (let n = 0; n < 4; n++) await limiter.take([take], 1_000);
      await pause();
      for (let n = 0; n < 3; n++) assert.equal((await limiter.take([take], 1_000)).taken, true);
      await wake();
      assert.equal(await count(take), 3);
    });

  it('settles what was taken while it was away when it is back, also where a call ends after that', async () => {
    const takes = [rate('cost', 1, 0.001, 10), quota('cost', 1, 10)];
    await pause();
    const receipts: Receipt[] = [];
    for (let n = 0; n < 2; n++) {
      const verdict = await limiter.take(takes, 60_000);
      if (verdict.taken) receipts.push(verdict.receipt);
    }
    const [early, late] = receipts as [Receipt, Receipt];
    limiter.settle(early, [3, 3]);
    await wake();
    const left = async () => (await limiter.standings(takes)).map(({ remaining }) => Math.round(remaining));
    await until(async () => (await left()).every((remaining) => remaining === 6));
    limiter.settle(late, [4, 4]);
    await until(async () => (await left()).every((remaining) => remaining === 3));
  });

  it('counts calls that are under way on both sides of it', async () => {
    const take = concurrent('at once', 4);
    const first = await limiter.take([take], 60_000);
    await limiter.take([take], 60_000);
    await pause();
    assert.equal(await count(take), 2, 'two are under way');
    await wake();
    await until(async () => (await limiter.standings([take]))[0]?.remaining === 0);
    if (first.taken) limiter.settle(first.receipt);
    await until(async () => (await limiter.standings([take]))[0]?.remaining === 1);
  });

  it('leaves each of two gateways half of what was left', async () => {
    await limiter.close();
    limiter = await create(1 / 2);
    const take = rate('halves', 1, 0.001, 20);
    for (let n = 0; n < 10; n++) await limiter.take([take], 1_000);
    await pause();
    assert.equal(await count(take), 5);
    await wake();
    assert.equal(await count(take), 5);
  });
});
