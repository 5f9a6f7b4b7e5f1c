import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Limiter, Receipt, Take } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { createRedisLimiter } from './redis.ts';
import { concurrent, near, quota, rate } from './testing/limiter-contract.ts';
import { RedisServer, skipWithoutRedis } from './testing/redis-server.ts';

const key = fc.constantFrom('a', 'b');
const cost = fc.double({ min: 0, max: 6, noNaN: true });
const take: fc.Arbitrary<Take> = fc.oneof(
  fc.tuple(key, cost).map(([name, amount]) => rate(name, amount, 3, 5)),
  key.map((name) => concurrent(name, 3)),
  fc.tuple(key, cost, fc.constantFrom('day', 'month')).map(([name, amount, window]) => quota(name, amount, 30, window)),
);
const call = fc.record({
  takes: fc.array(take, { maxLength: 5 }),
  // Mostly short, sometimes days.
  waitMs: fc.oneof({ weight: 9, arbitrary: fc.nat(900) }, { weight: 1, arbitrary: fc.nat(20 * 86_400_000) }),
  settle: fc.option(fc.array(cost, { maxLength: 5 })),
});

describe('the Lua scripts', { skip: skipWithoutRedis }, () => {
  let server: RedisServer;
  let now = 0;
  let runs = 0;
  before(async () => {
    server = await RedisServer.start();
  });
  after(() => server?.stop());

  const createBoth = async (): Promise<[Limiter, Limiter]> => {
    const clocks = { now: () => now, wallNow: () => now };
    const fallback = createMemoryLimiter(clocks);
    const options = { url: server.url, whenGone: 'closed', share: 1, budgetMs: 5000, fallback } as const;
    return [
      createMemoryLimiter(clocks),
      await createRedisLimiter({ ...options, prefix: `run${runs++}`, now: clocks.now }),
    ];
  };

  it('decide as the limiter in memory does, number for number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4e12), fc.array(call, { maxLength: 25 }), async (start, calls) => {
        now = start;
        const [memory, redis] = await createBoth();
        const held: [Receipt, Receipt][] = [];
        for (const { takes, waitMs, settle } of calls) {
          now += waitMs;
          const oldest = settle && held.shift();
          if (oldest) {
            memory.settle(oldest[0], settle);
            redis.settle(oldest[1], settle);
          }
          const [ours, theirs] = [await memory.take(takes, 2000), await redis.take(takes, 2000)];
          assert.equal(theirs.taken, ours.taken);
          if (ours.taken && theirs.taken) held.push([ours.receipt, theirs.receipt]);
          if (!ours.taken && !theirs.taken) {
            assert.deepEqual([theirs.refused, theirs.why], [ours.refused, ours.why]);
            near(theirs.retryAfterMs, ours.retryAfterMs, 'retryAfterMs');
          }
          ours.standings.forEach(({ remaining, resetMs }, index) => {
            near(theirs.standings[index]?.remaining, remaining, 'remaining');
            near(theirs.standings[index]?.resetMs, resetMs, 'resetMs');
          });
        }
        await Promise.all([memory.close(), redis.close()]);
      }),
      { numRuns: 60 },
    );
  });
});
