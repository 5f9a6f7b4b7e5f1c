import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entriesMissingDeadline, type Forecasted, type Pace, surelyInTime } from './forecast.ts';

const alone: Pace = { now: 1_000, cost: { fixedMs: 10, rowMs: 0 }, maxRows: 1, busyMs: [10] };
const dueIn = (ms: number, changes: Partial<Forecasted> = {}): Forecasted => ({
  key: 'a',
  rows: undefined,
  deadline: 1_000 + ms,
  ...changes,
});

describe('the forecast', () => {
  it('names those whose run would end after their deadline, and counts no time for them', () => {
    const calls = [dueIn(20), dueIn(29), dueIn(30), dueIn(39), dueIn(40)];
    assert.deepEqual(entriesMissingDeadline(calls, alone), [calls[1], calls[3]]);
  });

  it('wants a newcomer to have a fifth of its time to spare', () => {
    const [inside, newcomer] = [dueIn(24), dueIn(24)];
    assert.deepEqual(entriesMissingDeadline([inside], alone), []);
    assert.deepEqual(entriesMissingDeadline([newcomer], alone, newcomer), [newcomer]);
    const patient = dueIn(25);
    assert.deepEqual(entriesMissingDeadline([patient], alone, patient), []);
  });

  it('puts calls of one key into one run, up to its rows', () => {
    const pace: Pace = { ...alone, cost: { fixedMs: 8, rowMs: 1 }, maxRows: 4 };
    const calls = Array.from({ length: 9 }, () => dueIn(34, { rows: 1 }));
    // 10 ms until the worker is free, then 8 + 4 ms, twice: the last run would end at 43.
    assert.deepEqual(entriesMissingDeadline(calls, pace), calls.slice(8));
    const mixed = [dueIn(30, { rows: 1 }), dueIn(30, { rows: 1, key: 'b' }), dueIn(30, { rows: 1 })];
    assert.deepEqual(entriesMissingDeadline(mixed, pace), []);
    assert.deepEqual(entriesMissingDeadline([...mixed, dueIn(30, { rows: 1, key: 'c' })], pace).length, 1);
  });

  it('has as many runs at once as there may be', () => {
    const calls = [dueIn(20), dueIn(20), dueIn(30), dueIn(30), dueIn(30)];
    assert.deepEqual(entriesMissingDeadline(calls, { ...alone, busyMs: [10, 10] }), [calls[4]]);
  });

  it('leaves no worker without work: when all would be late, they may be, and the cost is learned anew', () => {
    const calls = [dueIn(5), dueIn(6)];
    assert.deepEqual(entriesMissingDeadline(calls, { ...alone, busyMs: [0] }), []);
    assert.deepEqual(entriesMissingDeadline(calls, alone), calls);
    const patient = dueIn(50);
    assert.deepEqual(entriesMissingDeadline([...calls, patient], { ...alone, busyMs: [0] }), calls);
  });

  it('says nothing while the cost is not known', () => {
    assert.deepEqual(entriesMissingDeadline([dueIn(0)], { ...alone, cost: { fixedMs: 0, rowMs: 0 } }), []);
  });

  it('need not be made when even one run after the other ends in time', () => {
    assert.equal(surelyInTime(3, 0, alone, 1_040), true);
    assert.equal(surelyInTime(3, 0, alone, 1_039), false);
  });
});
