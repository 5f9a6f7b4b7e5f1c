import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackOff } from './back-off.ts';

/** The times at which a process is started that lives for `livesMs()` each time. */
function startsOf(livesMs: () => number, random: () => number, untilMs: number): number[] {
  let now = 0;
  const backOff = new BackOff({ now: () => now, random });
  const starts: number[] = [];
  while (now < untilMs) {
    const lives = livesMs();
    now += lives;
    now += backOff.ended(lives);
    starts.push(now);
  }
  return starts;
}

/** Deterministic numbers in [0, 1): a linear congruential generator. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('the back-off of a process that ends', () => {
  it('waits four times as long each time, up to 30 s, less a random half', () => {
    const waits = (random: number): number[] => {
      let now = 0;
      const backOff = new BackOff({ now: () => now, random: () => random });
      return Array.from({ length: 5 }, () => {
        now += 60_000 * 10;
        return backOff.ended(0);
      });
    };
    assert.deepEqual(waits(0), [100, 400, 1_600, 6_400, 25_600]);
    assert.deepEqual(waits(0.5), [75, 300, 1_200, 4_800, 19_200]);
    let now = 0;
    const long = new BackOff({ now: () => now, random: () => 0 });
    for (let end = 0; end < 20; end++) {
      now += 600_000;
      assert.ok(long.ended(0) <= 30_000);
    }
  });

  it('starts it at most five times in any minute, however long it lives and whatever the dice say', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = numbers(seed);
      const starts = startsOf(() => random() * 40_000 * (seed % 3), random, 3_600_000);
      assert.ok(starts.length > 30, `${starts.length} starts in an hour: it has to go on trying`);
      for (const [index, start] of starts.entries()) {
        const sixth = starts[index + 5];
        assert.ok(sixth === undefined || sixth - start >= 60_000, `six starts within ${sixth} - ${start} ms`);
      }
    }
  });

  it('begins anew with the shortest wait when it has lived for 30 s, and not before', () => {
    let now = 0;
    const backOff = new BackOff({ now: () => now, random: () => 0 });
    for (let end = 0; end < 3; end++) now += backOff.ended(10);
    assert.equal(backOff.inARow, 3);
    now += 29_999;
    assert.equal(backOff.ended(29_999), 6_400);
    assert.equal(backOff.inARow, 4);
    now += 120_000;
    assert.equal(backOff.ended(30_000), 100);
    assert.equal(backOff.inARow, 1);
  });
});
