import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferErrorCode, inferErrorCodes } from '@sheaf/inference';
import fc from 'fast-check';
import { decideRetry, type FailedTry } from './retry.ts';
import { RetryBudget } from './retry-budget.ts';

const error = (code: InferErrorCode, details: ConstructorParameters<typeof InferError>[2] = {}) =>
  new InferError(code, 'x', details);
const unavailable = error('UNAVAILABLE');
const failed = (more: Partial<FailedTry> = {}): FailedTry => ({
  error: unavailable,
  isPure: true,
  retries: 0,
  lost: 0,
  remainingMs: 5_000,
  usualMs: undefined,
  ...more,
});
const decide = (more: Partial<FailedTry> = {}, random = 0.5) => decideRetry(failed(more), () => random);
const isAgain = (more: Partial<FailedTry>): boolean => decide(more).kind === 'again';

describe('the decision to try again', () => {
  it('is for what the table of errors says, and no other', () => {
    assert.deepEqual(
      inferErrorCodes.filter((code) => isAgain({ error: error(code) })),
      ['UNAVAILABLE'],
    );
  });

  it('is for what is pure, or sure not to have begun', () => {
    const untouched = error('UNAVAILABLE', { progress: 'not-begun' });
    assert.deepEqual([isAgain({ isPure: false }), isAgain({ isPure: false, error: untouched })], [false, true]);
  });

  it('is for two more tries, and for one after a process that was lost', () => {
    assert.deepEqual(
      [0, 1, 2].map((retries) => isAgain({ retries })),
      [true, true, false],
    );
    assert.deepEqual(
      [1, 2].map((lost) => isAgain({ lost })),
      [true, false],
    );
  });

  it('waits anything up to 25 ms, then 50 ms', () => {
    const delays = (retries: number, random: number) => decide({ retries }, random);
    assert.deepEqual(delays(0, 0), { kind: 'again', delayMs: 0 });
    assert.deepEqual(delays(0, 0.5), { kind: 'again', delayMs: 12.5 });
    assert.deepEqual(delays(1, 0.5), { kind: 'again', delayMs: 25 });
  });

  it('waits as long as the server says, and gives up when it says so', () => {
    const told = (retryAfterMs: number) => decide({ error: error('UNAVAILABLE', { retryAfterMs }) });
    assert.deepEqual(
      [told(100), told(0)],
      [
        { kind: 'again', delayMs: 100 },
        { kind: 'again', delayMs: 0 },
      ],
    );
    assert.deepEqual(told(-1), { kind: 'give-up' });
  });

  it('is not for a call that would have less time than it usually takes', () => {
    assert.deepEqual([isAgain({ remainingMs: 12.5 }), isAgain({ remainingMs: 12.6 })], [false, true]);
    assert.deepEqual(
      [isAgain({ remainingMs: 112.5, usualMs: 100 }), isAgain({ remainingMs: 113, usualMs: 100 })],
      [false, true],
    );
  });
});

describe('the budget of retries', () => {
  it('is 3 in 10 s for a few calls, a fifth of many', () => {
    let now = 0;
    const budget = new RetryBudget(() => now);
    const take = (count: number): number => Array.from({ length: count }, () => budget.take()).filter(Boolean).length;
    assert.equal(take(10), 3);
    for (let call = 0; call < 100; call++) budget.count();
    assert.equal(take(50), 17);
    now = 9_999;
    assert.equal(take(50), 0);
    now = 10_000;
    assert.equal(take(50), 3);
  });

  it('keeps tries within 1.2 times the calls and the 3 of each window, whatever fails and when', () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 400 }), fails: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500, size: 'max' }), (steps) => {
        let now = 0;
        let tries = 0;
        const budget = new RetryBudget(() => now);
        for (const { waitMs, fails } of steps) {
          now += waitMs;
          budget.count();
          tries++;
          for (let retry = 0; retry < fails; retry++) if (budget.take()) tries++;
        }
        const windows = Math.floor(now / 9_000) + 1;
        assert.ok(tries <= 1.2 * steps.length + 3 * windows, `${tries} of ${steps.length}`);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps tries within 1.2 times the calls where there are 15 or more in 10 s', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 30, maxLength: 2_000, size: 'max' }),
        (waits) => {
          let now = 0;
          let tries = 0;
          const budget = new RetryBudget(() => now);
          // Before anything fails, as many calls as a window needs.
          for (let call = 0; call < 15; call++) budget.count();
          for (const waitMs of waits) {
            now += waitMs;
            budget.count();
            tries++;
            for (let retry = 0; retry < 2; retry++) if (budget.take()) tries++;
          }
          assert.ok(tries <= 1.2 * (waits.length + 15), `${tries} of ${waits.length}`);
        },
      ),
      { numRuns: 100 },
    );
  });
});
