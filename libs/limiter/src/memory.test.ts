import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { Receipt, Take, Verdict } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { concurrent, limiterContract, quota, rate, taken } from './testing/limiter-contract.ts';

limiterContract('the limiter in memory', async (time) =>
  createMemoryLimiter({ now: () => time.now, wallNow: () => time.now }),
);

function atOnce(verdict: Verdict | Promise<Verdict>): Verdict {
  assert.ok(!(verdict instanceof Promise), 'a promise');
  return verdict;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of the heap, without what nobody refers to. */
function bytesKept(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const takes = fc.array(
  fc.oneof(
    fc
      .record({ key: fc.constantFrom('a', 'b'), cost: fc.integer({ min: 0, max: 6 }) })
      .map(({ key, cost }) => rate(key, cost, 5, 5)),
    fc.constantFrom('a', 'b').map((key) => concurrent(key, 3)),
    fc
      .record({ key: fc.constantFrom('a', 'b'), cost: fc.integer({ min: 0, max: 6 }) })
      .map(({ key, cost }) => quota(key, cost, 40)),
  ),
  { maxLength: 4 },
);

describe('the limiter in memory', () => {
  const all: Take[] = ['a', 'b'].flatMap((key) => [rate(key, 0, 5, 5), concurrent(key, 3), quota(key, 0, 40)]);

  it('takes all or nothing: a refused call leaves every bucket as it was', async () => {
    const calls = fc.array(fc.record({ takes, waitMs: fc.nat(500), settle: fc.boolean() }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(calls, async (list) => {
        let now = 0;
        const limiter = createMemoryLimiter({ now: () => now, wallNow: () => now });
        const held: Receipt[] = [];
        for (const call of list) {
          now += call.waitMs;
          const receipt = held.at(0);
          if (call.settle && receipt) limiter.settle(receipt);
          const before = await limiter.standings(all);
          const verdict = atOnce(limiter.take(call.takes, 700));
          if (verdict.taken) held.push(verdict.receipt);
          else assert.deepEqual(await limiter.standings(all), before);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('forgets full and idle buckets first, however many keys callers make', async () => {
    let now = 0;
    const limiter = createMemoryLimiter({ now: () => now, wallNow: () => now, bucketsMax: 100 });
    for (let key = 0; key < 90; key++)
      taken(atOnce(limiter.take([rate(`kept${key}`, 3, 0.001, 3), concurrent(`kept${key}`, 1)], 1e9)));
    for (let key = 0; key < 10_000; key++) {
      const receipt = taken(atOnce(limiter.take([rate(`made${key}`, 1, 1000, 3), concurrent(`made${key}`, 1)], 1000)));
      limiter.settle(receipt);
      now += 1;
    }
    for (let key = 0; key < 90; key++) {
      assert.equal(atOnce(limiter.take([rate(`kept${key}`, 3, 0.001, 3)], 1000)).taken, false, `rate ${key}`);
      assert.equal(atOnce(limiter.take([concurrent(`kept${key}`, 1)], 1000)).taken, false, `concurrent ${key}`);
    }
  });

  it('does not grow with keys that callers make', () => {
    const limiter = createMemoryLimiter({ now: () => 0, wallNow: () => 0, bucketsMax: 1000 });
    const make = (from: number) => {
      for (let key = from; key < from + 200_000; key++)
        atOnce(limiter.take([rate(`k${key}`, 1, 1, 3), quota(`k${key}`, 1, 9)], 1000));
    };
    make(0);
    const before = bytesKept();
    make(200_000);
    // A bucket takes some hundred bytes, so that those of 200,000 keys would be tens of millions.
    const grown = bytesKept() - before;
    assert.ok(grown < 10e6, `grew by ${grown} bytes`);
  });
});
