import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countMs } from '../histogram.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { meanBounds } from './mean-bounds.ts';
import { quantileBounds } from './quantile-bounds.ts';

const alpha = 0.05;
/** Runs of each simulation, and looks in each: one after every value. */
const runs = 400;
const looks = 400;

describe('bounds of a mean', () => {
  it('are all that there is before anything was seen', () => {
    assert.deepEqual(meanBounds({ count: 0, sum: 0 }, alpha), { lower: 0, upper: 1 });
  });

  it('are where the mixture of likelihood ratios reaches 1 / alpha', () => {
    // Of n values that are all 0, M(p) = B(1/2, 1/2 + n) / B(1/2, 1/2) / (1 - p)^n; B(1/2, 1/2 + n) / pi is (2n choose n) / 4^n.
    const ratio = Array.from({ length: 20 }, (_, n) => (2 * n + 1) / (2 * n + 2)).reduce(
      (product, part) => product * part,
    );
    const expected = 1 - (ratio * alpha) ** (1 / 20);
    const { lower, upper } = meanBounds({ count: 20, sum: 0 }, alpha);
    assert.equal(lower, 0);
    assert.ok(Math.abs(upper - expected) < 1e-9, `${upper} is not ${expected}`);
  });

  it('are those of what did not happen, turned round', () => {
    const { lower, upper } = meanBounds({ count: 50, sum: 13 }, alpha);
    const other = meanBounds({ count: 50, sum: 37 }, alpha);
    assert.ok(Math.abs(lower - (1 - other.upper)) < 1e-9);
    assert.ok(Math.abs(upper - (1 - other.lower)) < 1e-9);
  });

  it('get as narrow as one likes', () => {
    const { lower, upper } = meanBounds({ count: 100_000_000, sum: 1_000_000 }, alpha);
    assert.ok(lower > 0.0099 && upper < 0.0101, `${lower} to ${upper}`);
  });

  for (const [title, mean, draw] of [
    ['calls that fail now and then', 0.02, (random: () => number) => (random() < 0.02 ? 1 : 0)],
    ['calls of which half fail', 0.5, (random: () => number) => (random() < 0.5 ? 1 : 0)],
    ['losses between 0 and 1', 1 / 3, (random: () => number) => random() ** 2],
  ] as const)
    it(`hold at every look, of ${title}`, () => {
      const random = seededRandom(23);
      let wrong = 0;
      for (let run = 0; run < runs; run++) {
        let sum = 0;
        for (let count = 1; count <= looks; count++) {
          sum += draw(random);
          const { lower, upper } = meanBounds({ count, sum }, alpha);
          if (mean >= lower && mean <= upper) continue;
          wrong++;
          break;
        }
      }
      assert.ok(wrong / runs <= alpha, `${wrong} of ${runs} runs were wrong at some look`);
    });
});

describe('bounds of a quantile', () => {
  it('are all that there is before anything was seen', () => {
    assert.deepEqual(quantileBounds([], 0.9, alpha), { lower: 0, upper: Number.MAX_VALUE });
  });

  it('hold at every look', () => {
    const random = seededRandom(7);
    // The quantile of an exponential distribution with a mean of 10 ms.
    const quantile = 0.9;
    const truth = -10 * Math.log(1 - quantile);
    let wrong = 0;
    for (let run = 0; run < 100; run++) {
      const bins: number[] = [];
      for (let count = 1; count <= 200; count++) {
        countMs(bins, -10 * Math.log(1 - random()));
        const { lower, upper } = quantileBounds(bins, quantile, alpha);
        if (truth >= lower && truth <= upper) continue;
        wrong++;
        break;
      }
    }
    assert.ok(wrong <= 5, `${wrong} of 100 runs were wrong at some look`);
  });

  it('come near to it', () => {
    const random = seededRandom(3);
    const bins: number[] = [];
    for (let count = 0; count < 20_000; count++) countMs(bins, -10 * Math.log(1 - random()));
    const { lower, upper } = quantileBounds(bins, 0.9, alpha);
    assert.ok(lower > 18 && upper < 29, `${lower} to ${upper}`);
  });
});
