/** HTTP/2 of our own against Node's for some seconds with the same bytes each time, or with others for as long as `SHEAF_FUZZ_MINUTES` says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runDifferential } from './http2/differential.ts';

const longSeconds = Number(process.env['SHEAF_FUZZ_MINUTES'] ?? 0) * 60;
const seconds = longSeconds || 5;
const seed = longSeconds > 0 ? Math.floor(Math.random() * 2 ** 32) : 1;

describe('the same bytes, given to our HTTP/2 and to that of Node', () => {
  it('are told the same, but for what is meant to differ', async () => {
    const { cases, same, faults } = await runDifferential({ seconds, seed });
    assert.deepEqual(faults, []);
    // Most damage is seen by both alike; where it is not, nothing was compared.
    assert.ok(same > cases / 2, `${same} of ${cases} the same`);
    assert.ok(cases > 50, `${cases} cases`);
  });
});
