import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stabilityOfCategories, stabilityOfNumbers } from './psi.ts';

/** Mulberry32: the same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const uniform = (count: number, random: () => number, shift = 0): number[] =>
  Array.from({ length: count }, () => random() + shift);

describe('the population stability index', () => {
  it('of two samples of one distribution stays below what chance makes, whatever their size', () => {
    const random = seeded(1);
    for (const rows of [200, 1_000, 5_000]) {
      const above = Array.from({ length: 200 }, () =>
        stabilityOfNumbers(uniform(rows, random), uniform(rows, random), 0.99),
      ).filter(({ psi, byChance }) => psi > byChance);
      // 1 in 100 is wanted: 200 tries have 2 of them, and 8 one time in a thousand.
      assert.ok(above.length <= 8, `${above.length} of 200 alarms at ${rows} rows`);
    }
  });

  it('of a distribution that has moved is above it', () => {
    const random = seeded(2);
    const { psi, byChance } = stabilityOfNumbers(uniform(1_000, random), uniform(1_000, random, 0.3), 0.999);
    assert.ok(psi > 2 * byChance && psi > 0.25, `${psi} of ${byChance}`);
  });

  it('counts what is no number, and categories that were not there before', () => {
    const before = Array.from({ length: 500 }, (_, row) => row / 500);
    const broken = before.map((value, row) => (row % 4 === 0 ? Number.NaN : value));
    assert.ok(stabilityOfNumbers(before, broken, 0.999).psi > 0.25);
    const named = before.map((_, row) => (row % 2 === 0 ? 'cat' : 'dog'));
    assert.equal(stabilityOfCategories(named, named, 0.999).psi, 0);
    const others = named.map((name, row) => (row % 3 === 0 ? 'fox' : name));
    assert.ok(stabilityOfCategories(named, others, 0.999).psi > 0.25);
  });

  it('of a value that is always the same is 0', () => {
    const same = Array.from({ length: 100 }, () => 1);
    assert.equal(stabilityOfNumbers(same, same, 0.99).psi, 0);
  });
});
