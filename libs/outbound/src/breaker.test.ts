import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { Breaker, type Outcome, type Transition } from './breaker.ts';

function openBreaker(random = 0) {
  let now = 0;
  const transitions: Transition[] = [];
  const breaker = new Breaker({ now: () => now, random: () => random, onTransition: (t) => transitions.push(t) });
  const call = (outcome: Outcome): void => breaker.enter()?.end(outcome);
  return {
    breaker,
    transitions,
    call,
    calls: (count: number, outcome: Outcome): void => {
      for (let n = 0; n < count; n++) call(outcome);
    },
    at: (ms: number): void => {
      now = ms;
    },
  };
}

describe('a breaker', () => {
  it('opens at the 20th call when half of them failed or were slow, not at the 19th and not below half', () => {
    const { breaker, calls, call } = openBreaker();
    calls(10, 'success');
    calls(9, 'failure');
    assert.equal(breaker.state, 'closed');
    call('slow');
    assert.equal(breaker.state, 'open');

    const below = openBreaker();
    below.calls(11, 'success');
    below.calls(10, 'failure');
    assert.equal(below.breaker.state, 'closed');
  });

  it('forgets after 10 s', () => {
    const { breaker, calls, at } = openBreaker();
    calls(19, 'failure');
    at(9_999);
    assert.equal(breaker.state, 'closed');
    at(10_000);
    calls(19, 'failure');
    assert.equal(breaker.state, 'closed');
    at(19_999);
    calls(1, 'failure');
    assert.equal(breaker.state, 'open');
  });

  it('tells how many calls of the window failed, and since when it is as it is', () => {
    const { breaker, calls, at } = openBreaker();
    calls(12, 'success');
    calls(3, 'failure');
    calls(1, 'slow');
    calls(5, 'ignored');
    assert.deepEqual([breaker.counts, breaker.changedAt], [{ calls: 16, failures: 4 }, 0]);
    at(10_000);
    assert.deepEqual([breaker.counts, breaker.changedAt], [{ calls: 0, failures: 0 }, 0]);
    calls(20, 'failure');
    assert.deepEqual([breaker.state, breaker.counts, breaker.changedAt], ['open', { calls: 0, failures: 0 }, 10_000]);
    at(10_500);
    breaker.force('open');
    assert.deepEqual([breaker.changedAt, breaker.openedAt], [10_500, 10_500]);
  });

  it('is not moved by what is ignored, however much there is of it', () => {
    const { breaker, calls } = openBreaker();
    calls(19, 'failure');
    calls(1_000, 'ignored');
    assert.equal(breaker.state, 'closed');
    calls(1, 'failure');
    assert.equal(breaker.state, 'open');
  });

  it('stays open for 1 s, twice as long with each trial that fails, never more than 60 s with the jitter', () => {
    for (const [random, bases] of [
      [0, [1, 2, 4, 8, 16, 32, 40, 40]],
      [0.999_999, [1.5, 3, 6, 12, 24, 48, 60, 60]],
    ] as const) {
      const { breaker, calls, at, transitions } = openBreaker(random);
      calls(20, 'failure');
      for (let trial = 1, now = 0; trial < bases.length; trial++) {
        now += breaker.remainingMs;
        at(now - 0.001);
        assert.equal(breaker.enter(), undefined);
        at(now);
        calls(1, 'failure');
      }
      const delays = transitions.filter(({ to }) => to === 'open').map(({ delayMs }) => delayMs / 1_000);
      assert.deepEqual(
        delays.map((s) => Math.round(s * 1_000) / 1_000),
        bases,
      );
      assert.ok(delays.every((s) => s <= 60));
    }
  });

  it('tries with exactly one call, and begins at 1 s again once that was answered', () => {
    const { breaker, calls, at } = openBreaker();
    calls(20, 'failure');
    at(1_000);
    calls(1, 'failure');
    at(3_000);
    const trial = breaker.enter();
    assert.ok(trial);
    assert.equal(breaker.enter(), undefined);
    trial.end('success');
    assert.equal(breaker.state, 'closed');
    calls(20, 'failure');
    assert.equal(breaker.remainingMs, 1_000);
  });

  it('may be tried again 100 ms after a trial that was ignored, and doubles as if that had not been', () => {
    const { breaker, calls, at } = openBreaker();
    calls(20, 'failure');
    at(1_000);
    calls(1, 'failure');
    at(3_000);
    calls(1, 'ignored');
    assert.deepEqual([breaker.state, breaker.remainingMs], ['open', 100]);
    at(3_099);
    assert.equal(breaker.enter(), undefined);
    at(3_100);
    calls(1, 'failure');
    assert.equal(breaker.remainingMs, 4_000);
  });

  it('is as an operator says until they give it back', () => {
    const { breaker, calls } = openBreaker();
    breaker.force('closed');
    calls(100, 'failure');
    assert.deepEqual([breaker.state, breaker.letsThrough], ['forced-closed', true]);
    breaker.force('open');
    assert.deepEqual([breaker.enter(), breaker.remainingMs], [undefined, Number.POSITIVE_INFINITY]);
    breaker.force(undefined);
    assert.deepEqual([breaker.state, breaker.letsThrough], ['closed', true]);
  });

  it('leaves no timer behind, open or closed', () => {
    const running = new Set<unknown>();
    const set = globalThis.setTimeout;
    const clear = globalThis.clearTimeout;
    const timeouts = mock.method(globalThis, 'setTimeout', (...args: Parameters<typeof set>) => {
      const timer = set(...args);
      running.add(timer);
      return timer;
    });
    const clears = mock.method(globalThis, 'clearTimeout', (timer: NodeJS.Timeout) => {
      running.delete(timer);
      clear(timer);
    });
    const intervals = mock.method(globalThis, 'setInterval');
    try {
      const { breaker, calls, at } = openBreaker();
      calls(20, 'failure');
      at(1_000);
      calls(1, 'failure');
      assert.deepEqual([running.size, intervals.mock.callCount()], [0, 0]);
      at(3_000);
      calls(1, 'success');
      breaker.close();
      assert.deepEqual([running.size, intervals.mock.callCount()], [0, 0]);
    } finally {
      timeouts.mock.restore();
      clears.mock.restore();
      intervals.mock.restore();
    }
  });

  it('does not keep what it was told once it is closed for good', () => {
    const { breaker, calls } = openBreaker();
    breaker.close();
    calls(100, 'failure');
    assert.equal(breaker.state, 'closed');
  });
});
