import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Fill, levelAt, type Rate, rateStanding, rateWaitMs } from './gcra.ts';

const rates = fc.record({
  perSecond: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
  burst: fc.double({ min: 1, max: 1e4, noNaN: true }),
});
/** Waits in milliseconds, costs as parts of the burst. */
const calls = fc.array(
  fc.record({
    waitMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 100 },
);

interface Granted {
  readonly at: number;
  readonly cost: number;
}

function run(
  rate: Rate,
  list: { waitMs: number; part: number }[],
  each?: (at: number, cost: number, waitMs: number) => void,
) {
  const fill: Fill = { level: 0, at: 0 };
  const granted: Granted[] = [];
  let now = 0;
  for (const { waitMs, part } of list) {
    now += waitMs;
    const cost = part * rate.burst;
    const level = levelAt(fill, rate.perSecond, now);
    const wait = rateWaitMs(level, cost, rate);
    each?.(now, cost, wait);
    if (wait >= 0) continue;
    fill.level = level + cost;
    fill.at = now;
    granted.push({ at: now, cost });
  }
  return granted;
}

describe('GCRA', () => {
  it('never grants more than burst + rate · t in any window', () => {
    fc.assert(
      fc.property(rates, calls, (rate, list) => {
        const granted = run(rate, list);
        for (let from = 0; from < granted.length; from++) {
          let sum = 0;
          for (let to = from; to < granted.length; to++) {
            sum += granted[to]?.cost ?? 0;
            const seconds = ((granted[to]?.at ?? 0) - (granted[from]?.at ?? 0)) / 1000;
            assert.ok(sum <= (rate.burst + rate.perSecond * seconds) * (1 + 1e-6));
          }
        }
      }),
    );
  });

  it('grants what virtual scheduling with a theoretical arrival time grants', () => {
    fc.assert(
      fc.property(rates, calls, (rate, list) => {
        const stepMs = 1000 / rate.perSecond;
        let arrival = 0;
        run(rate, list, (now, cost, waitMs) => {
          const next = Math.max(arrival, now) + cost * stepMs;
          const earlyMs = next - now - rate.burst * stepMs;
          // On the edge, both are right.
          if (Math.abs(earlyMs) > rate.burst * stepMs * 1e-6 && cost > 0) {
            assert.equal(waitMs >= 0, earlyMs > 0);
            if (waitMs >= 0) assert.ok(Math.abs(waitMs - earlyMs) <= 1e-6 * (waitMs + rate.burst * stepMs));
          }
          if (waitMs < 0) arrival = next;
        });
      }),
    );
  });

  it('grants after the wait that it told of, and not before', () => {
    fc.assert(
      fc.property(
        rates,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (rate, filled, part) => {
          const fill = { level: filled * rate.burst, at: 0 };
          const cost = part * rate.burst;
          const waitMs = rateWaitMs(fill.level, cost, rate);
          if (waitMs < 0) return;
          assert.ok(rateWaitMs(levelAt(fill, rate.perSecond, waitMs), cost, rate) < 0);
          if (waitMs * rate.perSecond > 1)
            assert.ok(rateWaitMs(levelAt(fill, rate.perSecond, waitMs * 0.99), cost, rate) > 0);
        },
      ),
    );
  });

  it('grants the rate, to the call, in the long run', () => {
    const rate = { perSecond: 1e6 / 3, burst: 1 };
    // A million seconds after the clock began, where milliseconds are coarse.
    const fill: Fill = { level: 0, at: 1e9 };
    let now = 1e9;
    for (let call = 0; call < 100_000; call++) {
      const wait = rateWaitMs(levelAt(fill, rate.perSecond, now), 1, rate);
      if (wait > 0) now += wait;
      fill.level = levelAt(fill, rate.perSecond, now) + 1;
      fill.at = now;
    }
    const seconds = (now - 1e9) / 1000;
    assert.ok(Math.abs(seconds * rate.perSecond - 99_999) < 1, `${seconds * rate.perSecond} calls`);
  });

  it('stands as the formula says', () => {
    assert.deepEqual(rateStanding(0, { perSecond: 2, burst: 5 }), { remaining: 5, resetMs: 0 });
    assert.deepEqual(rateStanding(4, { perSecond: 2, burst: 5 }), { remaining: 1, resetMs: 2000 });
    assert.deepEqual(rateStanding(7, { perSecond: 2, burst: 5 }), { remaining: 0, resetMs: 3500 });
  });

  it('goes on when the clock was set back', () => {
    assert.equal(levelAt({ level: 3, at: 10_000 }, 1, 9000), 3);
  });
});
