import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Limiter } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { createRedisLimiter } from './redis.ts';
import { concurrent, type FakeTime, quota, rate, taken } from './testing/limiter-contract.ts';
import { RedisServer, skipWithoutRedis } from './testing/redis-server.ts';

describe('with a real Redis', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server?.stop());

  const create = (time: FakeTime | undefined, prefix: string): Promise<Limiter> =>
    createRedisLimiter({
      url: server.url,
      whenGone: 'closed',
      share: 1,
      prefix,
      // Nothing here is about the budget, and the machine may be busy.
      budgetMs: 5000,
      ...(time && { now: () => time.now }),
      fallback: createMemoryLimiter({ now: performance.now, wallNow: Date.now }),
    });

  it('is exact to the call with 8 clients on 2 gateways', async () => {
    const time = { now: Date.UTC(2026, 10, 25) };
    const gateways = await Promise.all([create(time, 'exact'), create(time, 'exact')]);
    const counts = { rate: 0, concurrent: 0, quota: 0 };
    const client = async (limiter: Limiter | undefined) => {
      for (let call = 0; call < 100; call++) {
        if ((await limiter?.take([rate('r', 1, 5, 301)], 1000))?.taken) counts.rate++;
        if ((await limiter?.take([concurrent('c', 77)], 1000))?.taken) counts.concurrent++;
        if ((await limiter?.take([quota('q', 1, 555), rate('q', 1, 5, 9999)], 1000))?.taken) counts.quota++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => client(gateways[index % 2])));

    assert.deepEqual(counts, { rate: 301, concurrent: 77, quota: 555 });
    // Refused calls have charged nothing of the second bucket.
    assert.equal((await gateways[0]?.standings([rate('q', 0, 5, 9999)]))?.[0]?.remaining, 9999 - 555);
    await Promise.all(gateways.map((limiter) => limiter.close()));
  });

  it('goes by the clock of Redis, and leaves no key that does not expire', async () => {
    const limiter = await create(undefined, 'clock');
    const takes = [rate('k', 1, 100, 2), concurrent('k', 3), quota('k', 1, 9), quota('k', 1, 9, 'month')];
    const verdict = await limiter.take(takes, 1000);
    taken(verdict);
    const dayEnd = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400_000;
    assert.ok(Math.abs((verdict.standings[2]?.resetMs ?? 0) - (dayEnd - Date.now())) < 2000);

    for (const kind of ['rate', 'concurrent', 'day', 'month']) {
      const answer = await server.command(`PTTL {clock}:${kind}:k`);
      assert.ok(Number(answer.slice(1)) > 0, `${kind}: ${answer}`);
    }
    await limiter.close();
  });

  it('loads its scripts again when Redis has lost them', async () => {
    const limiter = await create(undefined, 'flush');
    taken(await limiter.take([rate('k', 1, 1, 5)], 1000));
    await server.command('SCRIPT FLUSH');
    taken(await limiter.take([rate('k', 1, 1, 5)], 1000));
    await limiter.close();
  });
});
