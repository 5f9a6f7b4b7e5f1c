import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Limiter } from './limiter.ts';
import { createMemoryLimiter } from './memory.ts';
import { FakeBook } from './testing/fake-book.ts';
import { limiterContract, quota, rate, refused, taken } from './testing/limiter-contract.ts';

limiterContract('the limiter in memory with a book', async (time) =>
  createMemoryLimiter({ now: () => time.now, wallNow: () => time.now, quotas: new FakeBook() }),
);

const day = '2026-11-25';
/** The fake book takes a turn of the event loop for each thing that it is asked; nothing asks it more often than this in a row. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
}

describe('quotas that are reserved ahead', () => {
  let book: FakeBook;
  let now: number;
  const create = (): Limiter => createMemoryLimiter({ now: () => now, wallNow: () => now, quotas: book });

  beforeEach(() => {
    book = new FakeBook();
    now = Date.UTC(2026, 10, 25, 12);
  });

  it('ask the book once for a hundredth, and answer at once in between', async () => {
    const limiter = create();
    const first = limiter.take([quota('q', 1, 1000)], 1000);
    assert.ok(first instanceof Promise);
    taken(await first);
    for (let call = 1; call < 10; call++) {
      const verdict = limiter.take([quota('q', 1, 1000)], 1000);
      assert.ok(!(verdict instanceof Promise));
      assert.equal(taken(verdict) && verdict.standings[0]?.remaining, 1000 - 1 - call);
    }
    assert.equal(book.asked, 1);
    assert.ok(limiter.take([quota('q', 1, 1000)], 1000) instanceof Promise);
  });

  it('share one reservation among the calls that come at the same time', async () => {
    const limiter = create();
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => limiter.take([quota('q', 3, 1000)], 1000)));
    assert.ok(verdicts.every(({ taken }) => taken));
    assert.equal(book.asked, 1);
    assert.equal(book.usedNow('q', day), 300);
  });

  it('are never exceeded by several processes, and a kill loses a chunk at most', async () => {
    const processes = [create(), create(), create()];
    let admitted = 0;
    const client = async (limiter: Limiter | undefined, cost: number) => {
      for (let call = 0; call < 150; call++) {
        const verdict = await limiter?.take([quota('q', cost, 1000)], 1000);
        if (verdict?.taken) admitted += cost;
      }
    };
    await Promise.all(processes.flatMap((limiter) => [client(limiter, 1), client(limiter, 2)]));
    assert.ok(admitted <= 1000 && admitted >= 1000 - 3 * 10, `${admitted} admitted`);

    // kill -9 of all three: nobody closes anything.
    const next = create();
    const left = (await next.standings([quota('q', 1, 1000)]))[0]?.remaining ?? 0;
    assert.ok(1000 - left - admitted <= 3 * 10, `${1000 - left - admitted} lost`);
    while ((await next.take([quota('q', 1, 1000)], 1000)).taken) admitted++;
    assert.ok(admitted <= 1000);
  });

  it('lose a chunk at most at every moment', async () => {
    const limiter = create();
    let admitted = 0;
    for (let call = 0; call < 300; call++) {
      const cost = 1 + ((call * 7) % 25);
      const verdict = await limiter.take([quota('q', cost, 1000)], 1000);
      if (verdict.taken) {
        const real = (call * 5) % 30;
        limiter.settle(verdict.receipt, [real]);
        admitted += real;
      }
      await settled();
      const lost = book.usedNow('q', day) - admitted;
      assert.ok(lost <= 10 && (lost >= 0 || admitted > 970), `${lost} lost after call ${call}`);
    }
  });

  it('give back what is unused on close, and at the end of the day', async () => {
    const limiter = create();
    taken(await limiter.take([quota('q', 1, 1000), quota('q', 1, 1000, 'month')], 1000));
    assert.equal(book.usedNow('q', day), 10);
    now += 12 * 3_600_000;
    taken(await limiter.take([quota('q', 1, 1000), quota('q', 1, 1000, 'month')], 1000));
    await settled();
    assert.equal(book.usedNow('q', day), 1);

    await limiter.close();
    assert.equal(book.usedNow('q', '2026-11-26'), 1);
    assert.equal(book.usedNow('q', '2026-11'), 2);
  });

  it('give back on close what was being reserved', async () => {
    const limiter = create();
    const waiting = limiter.take([quota('q', 1, 1000)], 1000);
    await Promise.resolve();
    await limiter.close();
    assert.equal(refused(await waiting).why, 'closed');
    await settled();
    assert.equal(book.usedNow('q', day), 0);
  });

  it('charge nothing when another limit refuses, and do not ask the book', async () => {
    const limiter = create();
    taken(await limiter.take([rate('r', 3, 1, 3)], 1000));
    refused(await limiter.take([quota('q', 1, 1000), rate('r', 1, 1, 3)], 1000));
    assert.equal(book.asked, 0);

    const both = [limiter.take([quota('q', 500, 1000), rate('s', 2, 1, 3)], 1000)];
    both.push(limiter.take([quota('q', 400, 1000), rate('s', 2, 1, 3)], 1000));
    const verdicts = await Promise.all(both);
    await settled();
    assert.deepEqual(
      verdicts.map(({ taken }) => taken),
      [true, false],
    );
    assert.ok(book.usedNow('q', day) <= 510, `${book.usedNow('q', day)} reserved`);
  });

  it('ask an empty book once a second, and find what others gave back', async () => {
    const limiter = create();
    const other = create();
    const held = taken(await other.take([quota('q', 9, 9)], 1000));
    for (let call = 0; call < 20; call++) refused(await limiter.take([quota('q', 1, 9)], 1000));
    assert.equal(book.asked, 2);

    other.settle(held, [3]);
    await settled();
    now += 1000;
    taken(await limiter.take([quota('q', 1, 9)], 1000));
  });

  it('are closed while the book is broken, and ask it again a second later', async () => {
    const limiter = create();
    book.broken = true;
    assert.equal(refused(await limiter.take([quota('q', 1, 1000)], 1000)).why, 'closed');
    assert.equal(refused(await limiter.take([quota('q', 1, 1000)], 1000)).why, 'closed');
    assert.equal(book.asked, 1);
    book.broken = false;
    now += 1000;
    taken(await limiter.take([quota('q', 1, 1000)], 1000));
  });
});
