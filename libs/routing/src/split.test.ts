import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSplit } from './split.ts';

const shares = fc
  .array(fc.record({ to: fc.uuid(), weight: fc.integer({ min: 0, max: 100 }) }), { minLength: 1, maxLength: 8 })
  .filter((list) => list.some(({ weight }) => weight > 0) && new Set(list.map(({ to }) => to)).size === list.length);

function count(next: () => string, calls: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let call = 0; call < calls; call++) {
    const to = next();
    counts.set(to, (counts.get(to) ?? 0) + 1);
  }
  return counts;
}

describe('a split', () => {
  it('is never more than one call away from its weights', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 2_000 }), (list, calls) => {
        const split = createSplit(list);
        const counts = count(() => split(undefined), calls);
        const total = list.reduce((sum, { weight }) => sum + weight, 0);
        for (const { to, weight } of list)
          assert.ok(Math.abs((counts.get(to) ?? 0) - (calls * weight) / total) <= list.length, `${to}`);
        // After a whole round it is exact.
        const round = createSplit(list);
        const whole = count(() => round(undefined), total);
        for (const { to, weight } of list) assert.equal(whole.get(to) ?? 0, weight);
      }),
    );
  });

  it('sends whoever has the same key the same way, in about the right shares', () => {
    const split = createSplit([
      { to: 'old', weight: 90 },
      { to: 'new', weight: 10 },
    ]);
    const keys = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
    const ways = keys.map(split);
    assert.deepEqual(keys.map(split), ways);
    const share = ways.filter((way) => way === 'new').length / keys.length;
    assert.ok(share > 0.085 && share < 0.115, `${share}`);
  });

  it('keeps those who are with the new one there when its share grows', () => {
    const at = (weight: number) =>
      createSplit([
        { to: 'new', weight },
        { to: 'old', weight: 100 - weight },
      ]);
    for (let user = 0; user < 1_000; user++)
      if (at(10)(`user-${user}`) === 'new') assert.equal(at(20)(`user-${user}`), 'new');
  });

  it('gives nothing to a share of 0', () => {
    const split = createSplit([
      { to: 'a', weight: 1 },
      { to: 'b', weight: 0 },
    ]);
    for (let call = 0; call < 100; call++) assert.equal(split(call % 2 ? `k${call}` : undefined), 'a');
  });
});
