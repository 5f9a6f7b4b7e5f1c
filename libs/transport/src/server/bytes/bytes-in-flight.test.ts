import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '@sheaf/inference';
import fc from 'fast-check';
import { type Arriving, byteLimits } from './byte-room.ts';
import { BytesInFlight } from './bytes-in-flight.ts';

const MiB = 2 ** 20;
const full = { code: 'RESOURCE_EXHAUSTED', reason: 'BYTES_IN_FLIGHT', decision: 'bytes-in-flight' };

/** Time that passes by `pass`. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  let tasks: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after: (delayMs, run) => {
      const task = { at: now + delayMs, run };
      tasks.push(task);
      return () => {
        tasks = tasks.filter((other) => other !== task);
      };
    },
    pass: (ms) => {
      const end = now + ms;
      for (;;) {
        const next = tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        tasks = tasks.filter((other) => other !== next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

/** One budget of 64 MiB: 48 for messages that arrive, with three copies each; 8 more for what is in, and 8 for small ones. */
function budget() {
  const clock = handClock();
  const bytes = new BytesInFlight(64 * MiB, clock);
  const [a, b] = [bytes.shareOfTenant('a'), bytes.shareOfTenant('b')];
  return { clock, bytes, a, b };
}

/** What became of a reservation, by now. */
async function outcome(waiting: Promise<void> | undefined): Promise<'in' | 'waits' | 'refused'> {
  if (!waiting) return 'in';
  const later = new Promise<'waits'>((resolve) => setImmediate(resolve, 'waits'));
  return Promise.race([waiting.then(() => 'in' as const).catch(() => 'refused' as const), later]);
}

describe('the bytes in flight', () => {
  it('let a message in with its copies, and give all of it back', async () => {
    const { bytes, a } = budget();
    const hold = bytes.open(a);
    assert.equal(hold.reserve(16 * MiB), undefined);
    assert.equal(bytes.used, 48 * MiB);
    hold.take(48 * MiB);
    assert.equal(bytes.used, 48 * MiB);
    hold.settle(5 * MiB);
    assert.equal(bytes.used, 5 * MiB);
    hold.release();
    hold.release();
    assert.equal(bytes.used, 0);
  });

  it('are given back once, also by a call that settles when it is over', () => {
    const { bytes, a } = budget();
    const [over, other] = [bytes.open(a), bytes.open(a)];
    over.take(8 * MiB);
    other.take(MiB);
    over.release();
    over.settle(0);
    assert.equal(bytes.used, MiB);
  });

  it('have whoever finds no room wait for it, in order, and no longer than a time', async () => {
    const { clock, bytes, a, b } = budget();
    const first = bytes.open(a);
    assert.equal(first.reserve(16 * MiB), undefined);
    const [second, third] = [bytes.open(b), bytes.open(bytes.shareOfTenant('c'))];
    const waits = second.reserve(16 * MiB);
    const behind = third.reserve(MiB);
    assert.deepEqual([await outcome(waits), await outcome(behind)], ['waits', 'waits']);
    first.release();
    assert.deepEqual([await outcome(waits), await outcome(behind)], ['in', 'waits']);
    const late = assert.rejects(behind as Promise<void>, full);
    clock.pass(byteLimits.waitMaxMs);
    await late;
    third.release();
    second.release();
    assert.equal(bytes.used, 0);
  });

  it('let others pass a message of which nothing has come but its claim, and not one that comes', async () => {
    const { bytes, a, b } = budget();
    const holder = bytes.open(a);
    assert.equal(holder.reserve(8 * MiB), undefined);
    let brought = 5;
    const claim = bytes.open(b);
    const claims = claim.reserve(16 * MiB, () => brought);
    const small = bytes.open(bytes.shareOfTenant('c'));
    assert.equal(await outcome(small.reserve(MiB)), 'in');
    brought = byteLimits.slowBytes;
    const behind = bytes.open(bytes.shareOfTenant('d'));
    const waits = behind.reserve(MiB);
    assert.equal(await outcome(waits), 'waits');
    holder.release();
    small.release();
    assert.deepEqual([await outcome(claims), await outcome(waits)], ['in', 'waits']);
    claim.release();
    assert.equal(await outcome(waits), 'in');
  });

  it('let others pass the share whose message came too slowly, for a time', async () => {
    const { clock, bytes, a, b } = budget();
    const slow = bytes.open(a);
    assert.equal(slow.reserve(16 * MiB), undefined);
    const refuse = (): void => {
      stop();
      slow.release();
    };
    const stop = slow.watch(16 * MiB, { arrived: () => 5, refuse });
    const other = bytes.open(b);
    const waits = other.reserve(8 * MiB);
    clock.pass(2 * byteLimits.slowMs);
    assert.equal(await outcome(waits), 'in');
    void bytes
      .open(a)
      .reserve(16 * MiB)
      ?.catch(() => {});
    assert.equal(await outcome(bytes.open(bytes.shareOfTenant('c')).reserve(MiB)), 'in');
    clock.pass(byteLimits.slowShareMs);
    assert.equal(await outcome(bytes.open(bytes.shareOfTenant('d')).reserve(MiB)), 'waits');
  });

  it('are given at once, or never, to what may not wait', async () => {
    const { bytes, a } = budget();
    const holder = bytes.open(a);
    assert.equal(holder.reserve(16 * MiB), undefined);
    assert.equal(bytes.open(undefined, false).reserve(2 * MiB), undefined);
    const late = bytes.open(undefined, false).reserve(2 * MiB);
    assert.equal(await outcome(late), 'refused');
  });

  it('of large messages are none of those of small methods', () => {
    const { bytes, a } = budget();
    const hold = bytes.open(a);
    assert.ok(hold.takeSmall(8 * MiB));
    assert.ok(!hold.takeSmall(1));
    hold.release();
    assert.equal(bytes.used, 0);
  });

  it('leave half of what is free to others than the one who has some already', async () => {
    const { bytes, a, b } = budget();
    assert.equal(bytes.open(a).reserve(4 * MiB), undefined);
    assert.equal(bytes.open(a).reserve(4 * MiB), undefined);
    const more = bytes.open(a);
    const waiting = more.reserve(4 * MiB);
    assert.equal(await outcome(waiting), 'waits');
    // Nor does it stand in the way of another.
    assert.equal(await outcome(bytes.open(b).reserve(4 * MiB)), 'in');
    more.release();
    assert.equal(await outcome(waiting), 'refused');
  });

  it('have room for small messages when large ones have taken all of theirs', () => {
    const { bytes, a, b } = budget();
    assert.equal(bytes.open(a).reserve(16 * MiB), undefined);
    assert.equal(bytes.open(b).reserve(byteLimits.smallBytesMax), undefined);
    assert.ok(bytes.open(b).reserve(byteLimits.smallBytesMax + 1));
  });

  it('refuse what is in and grows past all of it, at once', () => {
    const { bytes, a, b } = budget();
    const hold = bytes.open(a);
    assert.equal(hold.reserve(16 * MiB), undefined);
    hold.take(48 * MiB);
    assert.throws(() => bytes.open(b).take(9 * MiB), full);
    const answer = bytes.open(b);
    answer.take(8 * MiB);
    assert.throws(() => answer.take(MiB), full);
  });

  it('refuse at once when too many wait, and say when to come again', async () => {
    const { bytes, a, b } = budget();
    assert.equal(bytes.open(a).reserve(16 * MiB), undefined);
    for (let index = 0; index < byteLimits.waitingOfOneMax; index++) void bytes.open(b).reserve(MiB);
    await assert.rejects(
      bytes.open(b).reserve(MiB) as Promise<void>,
      ({ retryAfterMs }: { readonly retryAfterMs: number }) =>
        retryAfterMs >= byteLimits.retryAfterMs && retryAfterMs <= 2 * byteLimits.retryAfterMs,
    );
  });

  it('are taken from a message that comes too slowly when others wait for them, and only then', async () => {
    const { clock, bytes, a, b } = budget();
    const slow = bytes.open(a);
    assert.equal(slow.reserve(16 * MiB), undefined);
    const refused: string[] = [];
    let arrived = 0;
    const arriving: Arriving = {
      arrived: () => arrived,
      refuse: ({ reason }) => {
        refused.push(reason);
        slow.release();
      },
    };
    slow.watch(16 * MiB, arriving);
    clock.pass(10 * byteLimits.slowMs);
    assert.deepEqual(refused, []);
    const waits = bytes.open(b).reserve(16 * MiB);
    for (let second = 0; second < 3; second++) {
      arrived += byteLimits.slowBytes;
      clock.pass(byteLimits.slowMs);
    }
    assert.deepEqual([refused, await outcome(waits)], [[], 'waits']);
    clock.pass(2 * byteLimits.slowMs);
    assert.deepEqual([refused, await outcome(waits)], [['BYTES_IN_FLIGHT'], 'in']);
  });

  it('are never more than there are, and all there again when everybody has left, whatever anybody does', async () => {
    const step = fc.record({
      who: fc.nat(7),
      bytes: fc.nat(20 * MiB),
      what: fc.constantFrom('enter', 'take', 'settle', 'leave'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { bytes } = budget();
        const holds = Array.from({ length: 8 }, (_, who) => bytes.open(bytes.shareOfTenant(`t${who % 3}`)));
        for (const { who, bytes: amount, what } of steps) {
          const hold = holds[who];
          try {
            if (what === 'enter') void hold?.reserve(amount)?.catch(() => {});
            else if (what === 'take') hold?.take(amount);
            else if (what === 'settle') hold?.settle(amount);
            else {
              hold?.release();
              holds[who] = bytes.open(bytes.shareOfTenant(`t${who % 3}`));
            }
          } catch {
            // Refused.
          }
          await Promise.resolve();
          assert.ok(bytes.used <= bytes.max, `${bytes.used}`);
        }
        for (const hold of holds) hold.release();
        await new Promise(setImmediate);
        for (const hold of holds) hold.release();
        assert.equal(bytes.used, 0);
      }),
      { numRuns: 50 },
    );
  });
});
