import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { Breaker, type BreakerState, type Outcome, type Pass, type Transition } from './breaker.ts';

/** What a breaker should be, as plainly as it can be said. */
class Reference {
  state: BreakerState = 'closed';
  /** Changes with each change of state, so that what began before does not count. */
  life = 0;
  #calls: { bucket: number; failed: boolean }[] = [];
  #openUntil = 0;
  #delayMs = 0;
  #openings = 0;

  lets(now: number): boolean {
    return ['closed', 'forced-closed'].includes(this.state) || (this.state === 'open' && now >= this.#openUntil);
  }

  enter(): number {
    if (this.state === 'open') this.#become('half-open');
    return this.life;
  }

  end(life: number, outcome: Outcome, now: number, random: number): void {
    if (life !== this.life || this.state.startsWith('forced')) return;
    const failed = outcome === 'slow' || outcome === 'failure';
    if (outcome === 'ignored') {
      if (this.state === 'half-open') this.#open(now, this.#delayMs);
      return;
    }
    const bucket = Math.floor(now / 1_000);
    this.#calls = [...this.#calls.filter((call) => bucket - call.bucket < 10), { bucket, failed }];
    if (this.state === 'half-open') {
      if (failed) this.#open(now, this.#next(random));
      else {
        // What is under way in a breaker that closes is the trial alone, so its life goes on.
        this.state = 'closed';
        this.#openings = 0;
      }
      return;
    }
    const failures = this.#calls.filter((call) => call.failed).length;
    if (failed && this.#calls.length >= 20 && failures * 2 >= this.#calls.length) this.#open(now, this.#next(random));
  }

  force(to: 'open' | 'closed' | undefined): void {
    if (to === undefined && !this.state.startsWith('forced')) return;
    this.#openings = 0;
    this.#become(to === undefined ? 'closed' : `forced-${to}`);
  }

  #next(random: number): number {
    return Math.min(1_000 * 2 ** this.#openings++, 40_000) * (1 + random / 2);
  }

  #open(now: number, delayMs: number): void {
    this.#delayMs = delayMs;
    this.#openUntil = now + delayMs;
    this.#become('open');
  }

  #become(state: BreakerState): void {
    this.state = state;
    this.life++;
    this.#calls = [];
  }
}

const legal = new Set([
  'closed -> open',
  'open -> half-open',
  'half-open -> closed',
  'half-open -> open',
  ...['closed', 'open', 'half-open'].flatMap((from) => [`${from} -> forced-open`, `${from} -> forced-closed`]),
  'forced-open -> forced-closed',
  'forced-closed -> forced-open',
  'forced-open -> closed',
  'forced-closed -> closed',
]);

type Event =
  | { readonly kind: 'enter' }
  | { readonly kind: 'end'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'burst'; readonly calls: number; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'force'; readonly to: 'open' | 'closed' | undefined };

const outcome = fc.constantFrom<Outcome>('success', 'slow', 'failure', 'ignored');
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enter' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(9), outcome }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('burst' as const), calls: fc.integer({ min: 1, max: 30 }), outcome }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 70_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      to: fc.constantFrom<'open' | 'closed' | undefined>('open', 'closed', undefined),
    }),
  },
);

function play(events: readonly Event[], random: number, seen: Set<string>): void {
  let now = 0;
  const breaker = new Breaker({
    now: () => now,
    random: () => random,
    onTransition: ({ from, to }) => seen.add(`${from} -> ${to}`),
  });
  const reference = new Reference();
  const passes: { pass: Pass; life: number }[] = [];
  const enter = (): void => {
    const lets = reference.lets(now);
    const pass = breaker.enter();
    assert.equal(pass !== undefined, lets);
    if (pass) passes.push({ pass, life: reference.enter() });
  };
  const end = (which: number, outcome: Outcome): void => {
    const [ended] = passes.splice(which % Math.max(1, passes.length), 1);
    ended?.pass.end(outcome);
    if (ended) reference.end(ended.life, outcome, now, random);
  };
  for (const event of events) {
    if (event.kind === 'enter') enter();
    else if (event.kind === 'end') end(event.which, event.outcome);
    else if (event.kind === 'wait') now += event.ms;
    else if (event.kind === 'force') {
      breaker.force(event.to);
      reference.force(event.to);
    } else
      for (let call = 0; call < event.calls; call++) {
        enter();
        end(passes.length - 1, event.outcome);
      }
    assert.equal(breaker.state, reference.state);
    assert.equal(breaker.letsThrough, reference.lets(now));
  }
  breaker.close();
}

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
  it('does what its state machine says, whatever happens, and goes every legal way and no other', () => {
    const seen = new Set<string>();
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150, size: 'max' }), random, (events, r) => play(events, r, seen)),
      { numRuns: 1_000 },
    );
    assert.deepEqual([...seen].sort(), [...legal].sort());
  });

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

  it('opens again for as long as before when the error of its trial is ignored', () => {
    const { breaker, calls, at } = openBreaker(0.5);
    calls(20, 'failure');
    const delayMs = breaker.remainingMs;
    at(delayMs);
    calls(1, 'ignored');
    assert.deepEqual([breaker.state, breaker.remainingMs], ['open', delayMs]);
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
