import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndedSpan } from '@sheaf/inference';
import { createKeeper } from './keep.ts';

function request(code: string, ms = 1, more: Partial<EndedSpan> = {}): EndedSpan {
  const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: undefined, sampled: false };
  const times = { startMs: 1_000, endMs: 1_000 + ms };
  return {
    kind: 'request',
    name: 'gateway ModelInfer',
    ...ids,
    ...times,
    code,
    message: '',
    attributes: { model: 'm' },
    ...more,
  };
}

describe('what is kept of calls that nobody asked to trace', () => {
  it('is what failed by the fault of the mesh', () => {
    const keeper = createKeeper(100, () => 0);
    const kept = (code: string, more: Partial<EndedSpan> = {}) => keeper.decide(request(code, 1, more));
    for (const code of ['INTERNAL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'UNKNOWN', 'DATA_LOSS'])
      assert.equal(kept(code), 'failed', code);
    for (const code of ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'CANCELLED', 'RESOURCE_EXHAUSTED', 'UNAUTHENTICATED'])
      assert.equal(kept(code), undefined, code);
    assert.equal(kept('UNAVAILABLE', { attributes: { 'sheaf.decision': 'rule:night' } }), undefined);
    assert.equal(kept('UNAVAILABLE', { attributes: { 'sheaf.decision': 'load:gateway' } }), 'failed');
    assert.equal(kept('INTERNAL', { sampled: true }), undefined);
    assert.deepEqual(keeper.counts(), { failed: 6, slow: 0, left: 0 });
  });

  it('is the slowest hundredth of each model, once it is known what is slow', () => {
    const keeper = createKeeper(1_000, () => 0);
    for (let at = 0; at < 512; at++) {
      assert.equal(keeper.decide(request('OK', 100 + (at % 100))), undefined);
      keeper.decide(request('OK', 1, { attributes: { model: 'fast' } }));
    }
    assert.equal(keeper.decide(request('OK', 150)), undefined);
    assert.equal(keeper.decide(request('OK', 250)), 'slow');
    assert.equal(keeper.decide(request('OK', 2, { attributes: { model: 'fast' } })), 'slow');
    let slow = 0;
    for (let at = 0; at < 10_000; at++)
      if (keeper.decide(request('OK', 100 + ((at * 7919) % 1_000))) === 'slow') slow++;
    assert.ok(slow > 50 && slow < 400, `${slow} of 10,000`);
  });

  it('looks after 1,024 names at most', () => {
    const keeper = createKeeper(1_000, () => 0);
    for (let name = 0; name < 1_024; name++) keeper.decide(request('OK', 1, { attributes: { model: `m${name}` } }));
    for (let at = 0; at < 600; at++) keeper.decide(request('OK', 1, { attributes: { model: 'late' } }));
    assert.equal(keeper.decide(request('OK', 1_000, { attributes: { model: 'late' } })), undefined);
  });

  it('is so much a second at most; the rest is counted', () => {
    let now = 0;
    const keeper = createKeeper(10, () => now);
    const flood = (): number =>
      Array.from({ length: 1_000 }, () => keeper.decide(request('INTERNAL'))).filter(Boolean).length;
    assert.equal(flood(), 10);
    now = 500;
    assert.equal(flood(), 5);
    now = 60_000;
    assert.equal(flood(), 10);
    assert.deepEqual(keeper.counts(), { failed: 25, slow: 0, left: 2_975 });
  });
});
