import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AdaptiveLimit, type LongTerm, nextLimit, nextLongTerm, noLongTerm, sizeBucket } from './adaptive-limit.ts';

/**
 * A machine of so many cores on a clock of its own: runs that go on at once share them. Answers the milliseconds that passed and the limit of each run.
 */
function simulate(limit: AdaptiveLimit, runs: number, cores: (ms: number) => number, workMs = 10) {
  let nowMs = 0;
  const limits: number[] = [];
  for (let run = 0; run < runs; run++) {
    const atOnce = limit.runs;
    const ms = workMs * Math.max(1, atOnce / cores(nowMs));
    nowMs += ms / atOnce;
    limit.add(1, ms, atOnce);
    limits.push(limit.runs);
  }
  return { nowMs, limits };
}

describe('the limit of runs at once, after Gradient2Limit.java of Netflix', () => {
  it('is 0.8 limit + 0.2 (limit clamp(1.5 long / short, 0.5, 1) + 4) where it is large', () => {
    const published = (limit: number, longMs: number, shortMs: number): number =>
      0.8 * limit + 0.2 * (limit * Math.max(0.5, Math.min(1, (1.5 * longMs) / shortMs)) + 4);
    for (const [limit, longMs, shortMs] of [
      [40, 10, 10],
      [40, 10, 15],
      [40, 10, 16],
      [100, 10, 25],
      [100, 10, 1_000],
    ] as const)
      assert.ok(Math.abs(nextLimit(limit, longMs, shortMs, limit, 200) - published(limit, longMs, shortMs)) < 1e-9);
  });

  it('grows where it is small by an eighth of itself, so that it can fall: runs of twice the usual time lower it', () => {
    assert.equal(nextLimit(8, 10, 10, 8, 32), 0.8 * 8 + 0.2 * (8 + 1));
    assert.equal(nextLimit(8, 10, 20, 8, 32), 0.8 * 8 + 0.2 * (8 * 0.75 + 1));
    assert.ok(nextLimit(8, 10, 15, 8, 32) > 8, '1.5 times the usual is tolerated');
  });

  it('goes down to 1 and no further, and up to its maximum and no further', () => {
    let limit = 16;
    for (let run = 0; run < 100; run++) limit = nextLimit(limit, 10, 1_000, limit, 16);
    assert.equal(limit, 1);
    for (let run = 0; run < 500; run++) limit = nextLimit(limit, 10, 10, limit, 16);
    assert.equal(limit, 16);
  });

  it('stays while less than half of it is used', () => {
    assert.equal(nextLimit(8, 10, 100, 3, 16), 8);
    assert.ok(nextLimit(8, 10, 100, 4, 16) < 8);
  });

  it('knows the long term as the mean of ten samples, and then as an exponential average over 600', () => {
    const after = (samples: readonly number[], from: LongTerm = noLongTerm) => samples.reduce(nextLongTerm, from);
    assert.equal(after([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).ms, 5.5);
    const settled = after(Array(100).fill(10));
    assert.equal(after([20], settled).ms, 10 + (10 * 2) / 601);
  });

  it('forgets a slow spell: while runs take less than half of the long term, it falls by 5 % a run', () => {
    const slow: LongTerm = { ms: 100, samples: 1_000 };
    assert.ok(Math.abs(nextLongTerm(slow, 10).ms - (100 - (90 * 2) / 601) * 0.95) < 1e-9);
    let longTerm = slow;
    for (let run = 0; run < 40; run++) longTerm = nextLongTerm(longTerm, 10);
    assert.ok(longTerm.ms <= 21);
  });

  it('compares runs with those of about as many rows', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 8, 9, 64].map(sizeBucket), [0, 1, 2, 2, 3, 3, 4, 6]);
    const limit = new AdaptiveLimit(8);
    for (let run = 0; run < 200; run++) {
      limit.add(1, 2, 8);
      limit.add(64, 100, 8);
    }
    assert.equal(limit.runs, 8);
  });

  it('falls when the cores go to others, and comes back when they are free again', () => {
    const limit = new AdaptiveLimit(8);
    const calm = simulate(limit, 200, () => 8);
    assert.equal(limit.runs, 8);
    assert.equal(calm.nowMs, 250);
    const crowded = simulate(limit, 60, () => 1);
    assert.ok(Math.min(...crowded.limits) <= 3, `${crowded.limits}`);
    simulate(limit, 400, () => 8);
    assert.equal(limit.runs, 8);
  });

  it('does not believe a clock that says that a run took no time', () => {
    const limit = new AdaptiveLimit(4);
    for (const ms of [0, -1, Number.NaN]) limit.add(1, ms, 4);
    assert.equal(limit.runs, 4);
  });

  it('stays where it is when it is not to learn', () => {
    const limit = new AdaptiveLimit(8, false);
    simulate(limit, 60, () => 1);
    assert.equal(limit.runs, 8);
  });
});
