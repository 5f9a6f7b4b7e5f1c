import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallCanceller, type Clock, InferError, type Load } from '@sheaf/inference';
import { createPace } from './pace.ts';

/** Time that passes when a test says so. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  return {
    now: () => now,
    after: (delayMs, task) => {
      const timer = { at: now + delayMs, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass: (ms) => {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.task();
      }
    },
  };
}

const load = (calls: number): Load => ({ calls, fixedMs: 0, rowMs: 0 });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function opened(callsMax = 8) {
  const clock = handClock();
  const pace = createPace({ callsMax, clock });
  const { signal } = { signal: new CallCanceller() };
  /** Asks, takes 10 ms, and hears of so many callers with the answer. */
  const ask = async (callers: number): Promise<void> => {
    await pace.run(async () => {
      clock.pass(10);
      pace.heard(load(callers));
    }, signal);
  };
  return { clock, pace, signal, ask };
}

describe('the pace of work', () => {
  it('grows with each answer while nobody else asks, to the most that it may have', async () => {
    const { pace, ask } = opened(4);
    assert.equal(pace.places, 1);
    for (let call = 0; call < 40; call++) await ask(0);
    assert.equal(pace.places, 4);
  });

  it('falls below one call as soon as callers are there, and pauses between calls', async () => {
    const { clock, pace, ask } = opened();
    for (let call = 0; call < 40; call++) await ask(0);
    await ask(3);
    assert.equal(pace.places, 1);
    assert.ok(pace.window <= 0.5);
    let isAsked = false;
    const next = ask(0).then(() => {
      isAsked = true;
    });
    await settle();
    assert.equal(isAsked, false, 'it waits, although nothing is under way');
    clock.pass(1_000);
    await next;
  });

  it('is whole again a while after the last caller', async () => {
    const { clock, pace, ask } = opened();
    await ask(1);
    clock.pass(2_000);
    await ask(0);
    assert.ok(pace.window >= 1);
  });

  it('never stops, however many callers there are', async () => {
    const { clock, pace, ask } = opened();
    for (let call = 0; call < 100; call++) {
      clock.pass(1_000);
      await ask(9);
    }
    assert.ok(pace.window >= 0.05);
  });

  it('falls where gateways have no room', async () => {
    const { pace, signal, ask } = opened();
    for (let call = 0; call < 40; call++) await ask(0);
    const before = pace.window;
    const full = new InferError('UNAVAILABLE', 'full', { reason: 'OVERLOADED' });
    await assert.rejects(
      pace.run(() => Promise.reject(full), signal),
      full,
    );
    assert.ok(pace.window < before);
  });

  it('lets go of what is not wanted any more', async () => {
    const { pace } = opened();
    const left = new CallCanceller();
    const held = Promise.withResolvers<void>();
    const first = pace.run(() => held.promise, new CallCanceller());
    const second = pace.run(async () => assert.fail('it was left'), left);
    const why = new InferError('CANCELLED', 'left');
    left.abort(why);
    await assert.rejects(second, why);
    held.resolve();
    await first;
    assert.equal(pace.underWay, 0);
  });
});
