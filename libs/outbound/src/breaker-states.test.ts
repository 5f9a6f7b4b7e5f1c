import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Breaker, type BreakerState, type Outcome, type Pass } from './breaker.ts';

/** What a breaker should be, as plainly as it can be said. */
class Reference {
  state: BreakerState = 'closed';
  /** Changes with each change of state, so that what began before does not count. */
  life = 0;
  #calls: { bucket: number; failed: boolean }[] = [];
  #openUntil = 0;
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
      if (this.state === 'half-open') this.#open(now, 100);
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

describe('the states of a breaker', () => {
  it('are those of the reference, whatever happens: every legal way is gone, and no other', () => {
    const seen = new Set<string>();
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150, size: 'max' }), random, (events, r) => play(events, r, seen)),
      { numRuns: 1_000 },
    );
    assert.deepEqual([...seen].sort(), [...legal].sort());
  });
});
