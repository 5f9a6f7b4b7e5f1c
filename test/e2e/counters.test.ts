/** A mesh counts what its callers see, whatever is done to it meanwhile. `npm run soak -- --mesh` does it for longer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soakMesh } from '../soak/mesh/soak.ts';
import { callsOf } from '../soak/mesh/within.ts';

describe('the counters of a mesh', () => {
  it('add up by model and tenant over a kill, a rolling restart, a reload and another gateway, for callers of every kind', async () => {
    const { record, wrong } = await soakMesh({ seconds: 0, quietMs: 1_000 });
    assert.deepEqual(wrong, []);
    // Each kind of ending was there, so that there was something to add up.
    const codes = new Map(Map.groupBy(record.ledger, ({ code }) => code).entries());
    for (const code of [
      'OK',
      'LEFT',
      'DEADLINE_EXCEEDED',
      'RESOURCE_EXHAUSTED',
      'UNAUTHENTICATED',
      'NOT_FOUND',
      'INVALID_ARGUMENT',
    ])
      assert.ok(callsOf(codes.get(code) ?? []) > 0, `no call ended with ${code}`);
    const restarted = record.lives.filter(({ service }) => service === 'double');
    assert.ok(restarted.length > 2, 'no process of double was replaced');
    assert.equal(record.gatewaysEnded, 1);
  });
});
