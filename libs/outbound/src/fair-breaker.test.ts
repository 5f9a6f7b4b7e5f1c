import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BreakerState, breakerRules, type Outcome } from './breaker.ts';
import { FairBreaker, failuresOfOneMax } from './fair-breaker.ts';

function opened() {
  let now = 0;
  const told: string[] = [];
  const breaker = new FairBreaker({
    now: () => now,
    random: () => 0,
    onTransition: ({ from, to }, caller) => told.push(`${caller ?? 'all'}: ${from} -> ${to}`),
  });
  /** How many of so many calls went through. */
  const call = (caller: string, outcome: Outcome, calls = 1): number => {
    let through = 0;
    for (let n = 0; n < calls; n++) {
      const pass = breaker.getOrCreate(caller).enter();
      if (!pass) continue;
      through++;
      pass.end(outcome);
    }
    return through;
  };
  const wait = (ms: number): void => {
    now += ms;
  };
  const states = (...callers: string[]): BreakerState[] => callers.map((caller) => breaker.getOrCreate(caller).state);
  return { breaker, told, call, wait, states };
}

describe('a breaker of several callers', () => {
  it('opens for the one whose calls fail, and for no other', () => {
    const { call, told, states, breaker } = opened();
    for (let n = 0; n < 50; n++) {
      call('good', 'success');
      call('bad', 'failure', 10);
    }
    assert.deepEqual(told, ['bad: closed -> open']);
    assert.deepEqual(states('good', 'bad', 'new'), ['closed', 'open', 'closed']);
    assert.deepEqual([breaker.seen.state, breaker.shutOut], ['closed', ['bad']]);
  });

  it('does so also where the one comes alone at first, and where its calls are slow', () => {
    for (const outcome of ['failure', 'slow'] as const) {
      const { call, breaker } = opened();
      assert.equal(call('bad', outcome, 100), breakerRules.callsMin);
      assert.equal(breaker.seen.state, 'open', 'while nobody else is known, that is everybody');
      assert.equal(call('good', 'success', 30), 30);
      assert.equal(breaker.seen.state, 'closed');
    }
  });

  it('opens for all where the calls of several fail', () => {
    const { call, told, states } = opened();
    for (const caller of ['a', 'b', 'c']) call(caller, 'failure', 19);
    assert.deepEqual(told, []);
    call('d', 'failure', failuresOfOneMax);
    assert.deepEqual(told, ['all: closed -> open']);
    assert.deepEqual(states('a', 'e'), ['open', 'open']);
    assert.equal(call('e', 'success'), 0);
  });

  it('is not opened for others by one together with a few failures of theirs', () => {
    const { call, states } = opened();
    for (let n = 0; n < 100; n++) {
      call('bad', 'failure');
      call('good', n % 5 === 0 ? 'failure' : 'success');
    }
    assert.deepEqual(states('good', 'bad'), ['closed', 'open']);
  });

  it('lets nobody try it whose own calls fail: that would keep it open for all', () => {
    const { call, wait, told } = opened();
    for (const caller of ['a', 'b', 'c']) call(caller, 'failure', failuresOfOneMax);
    call('bad', 'failure', 20);
    assert.equal(told.at(-1), 'all: closed -> open');
    wait(1_000);
    call('good', 'success');
    assert.equal(told.at(-1), 'all: half-open -> closed');
  });

  it('is closed by the next call of another, however often one calls whose trials are ignored', () => {
    const { call, wait } = opened();
    for (const caller of ['a', 'b', 'c', 'd']) call(caller, 'failure', failuresOfOneMax);
    let [good, refused, ignored] = [0, 0, 0];
    for (let ms = 0; ms < 10_000; ms++, wait(1)) {
      const isOpen = good === 0;
      const through = call('mallory', 'ignored');
      if (isOpen) ignored += through;
      if (ms % 50 === 0) call('a', 'success') === 1 ? good++ : refused++;
    }
    assert.ok(ignored <= 2, `${ignored} trials of one`);
    assert.deepEqual([good, refused], [178, 22], 'the first second, and 100 ms after the trial that said nothing');
  });

  it('is tried ten times a second at most where all trials are ignored, and by one caller once a second', () => {
    const { call, wait } = opened();
    for (const caller of ['a', 'b', 'c', 'd']) call(caller, 'failure', failuresOfOneMax);
    wait(1_000);
    const through: Record<string, number> = {};
    for (let ms = 0; ms < 5_000; ms++, wait(1))
      for (let n = 0; n < 20; n++) through[`${n}`] = (through[`${n}`] ?? 0) + call(`${n}`, 'ignored');
    const counts = Object.values(through);
    const sum = counts.reduce((all, count) => all + count, 0);
    assert.ok(sum <= 50 && Math.max(...counts) <= 5, JSON.stringify(through));
  });

  it('is tried no more often while the service still fails, whoever has failed enough already', () => {
    const { call, wait, breaker } = opened();
    for (const caller of ['a', 'b', 'c', 'd']) call(caller, 'failure', failuresOfOneMax);
    let trials = 0;
    for (let ms = 0; ms < 8_000; ms++, wait(1))
      for (const caller of ['a', 'b', 'c', 'd']) trials += call(caller, 'failure');
    // After 1, 2 and 4 s more each.
    assert.deepEqual([trials, breaker.seen.state], [3, 'open']);
  });

  it('counts what one has failed anew in the next window', () => {
    const { call, wait, told } = opened();
    call('a', 'failure', failuresOfOneMax);
    wait(breakerRules.windowMs);
    for (const caller of ['a', 'b', 'c', 'd']) call(caller, 'failure', failuresOfOneMax);
    assert.deepEqual(told, ['all: closed -> open']);
  });

  it('is forced for everybody, whatever each has met', () => {
    const { call, breaker, states } = opened();
    call('bad', 'failure', 20);
    breaker.force('closed');
    assert.equal(call('bad', 'failure', 50), 50);
    breaker.force('open');
    assert.deepEqual([call('good', 'success'), breaker.seen.state], [0, 'forced-open']);
    breaker.force(undefined);
    assert.deepEqual(states('good', 'bad'), ['closed', 'closed']);
  });

  it('forgets those that are well first, when there are very many', () => {
    const { call, breaker } = opened();
    call('bad', 'failure', 20);
    for (let n = 0; n < 200; n++) call(`caller-${n}`, 'success');
    assert.deepEqual(breaker.shutOut, ['bad']);
  });
});
