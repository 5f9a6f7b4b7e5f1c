import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EndedSpan, Journal } from '@sheaf/inference';
import { createHeldSpans } from './held-spans.ts';

function spansOf(traceId: string, count: number): readonly EndedSpan[] {
  const journal = new Journal();
  const parent = { traceId, spanId: 'b'.repeat(16), sampled: false };
  for (let span = 0; span < count; span++) journal.end(journal.start('stage', `${span}`, parent));
  return journal.spans;
}
const id = (at: number): string => String(at).padStart(32, '0');

describe('spans that are held', () => {
  it('are given out once, all of a trace, whatever journal they are of', () => {
    const held = createHeldSpans();
    const [first, second] = [spansOf(id(1), 2), spansOf(id(1), 1)];
    assert.deepEqual([held.hold(first), held.hold(spansOf(id(2), 1)), held.hold(second)], ['held', 'held', 'held']);
    assert.deepEqual(held.want(id(1)), [...first, ...second]);
    assert.deepEqual(held.want(id(1)), []);
  });

  it('are not held where their trace is wanted already, as of a run that ends after its caller has gone', () => {
    const held = createHeldSpans();
    assert.deepEqual(held.want(id(1)), []);
    assert.equal(held.hold(spansOf(id(1), 1)), 'wanted');
    assert.equal(held.hold(spansOf(id(2), 1)), 'held');
    for (let at = 10; at < 10 + 1_024; at++) held.want(id(at));
    assert.equal(held.hold(spansOf(id(1), 1)), 'held');
  });

  it('are so many at most, those of the newest traces', () => {
    const held = createHeldSpans(12);
    for (let at = 0; at < 7; at++) held.hold(spansOf(id(at), 3));
    const left = Array.from({ length: 7 }, (_, at) => held.want(id(at)).length);
    assert.deepEqual(left, [0, 0, 0, 0, 3, 3, 3]);
    held.hold(spansOf(id(8), 11));
    assert.deepEqual(held.want(id(8)), []);
    held.hold([]);
  });

  it('are those of a thousand calls a second, the same in each process, and of all that failed', () => {
    let now = 0;
    const [one, other] = [1, 2].map(() => createHeldSpans(1_000_000, () => now));
    const ids = Array.from({ length: 20_000 }, (_, at) =>
      Math.imul(at + 1, 0x9e3779b1)
        .toString(16)
        .slice(-6)
        .padStart(32, '1'),
    );
    const heldOf = (spans = one): number => ids.filter((traceId) => spans?.hold(spansOf(traceId, 1)) === 'held').length;
    // How many come is known after a second.
    assert.equal(heldOf(), ids.length);
    for (now = 1_000; now < 3_000; now += 1_000) heldOf();
    const share = heldOf();
    assert.ok(share > 700 && share < 1_300, `${share} of ${ids.length}`);
    for (const traceId of ids) other?.hold(spansOf(traceId, 1));
    now += 1_000;
    for (const traceId of ids) other?.hold(spansOf(traceId, 1));
    const kept = ids.filter((traceId) => one?.hold(spansOf(traceId, 1)) === 'held');
    assert.ok(kept.filter((traceId) => other?.hold(spansOf(traceId, 1)) === 'held').length > kept.length / 2);
    const journal = new Journal();
    journal.end(
      journal.start('request', 'r', { traceId: 'f'.repeat(32), spanId: 'b'.repeat(16), sampled: false }),
      'INTERNAL',
    );
    assert.equal(one?.hold(journal.spans), 'held');
  });
});
