/** HTTP/2 of our own against Node's, with the same bytes each time: what fails is then of what was changed. Others are tried by hand: `npm run fuzz -- --http2`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runDifferential } from './http2/differential.ts';

const seconds = Number(process.env['SHEAF_FUZZ_MINUTES'] ?? 0) * 60 || 5;
const seeds = [1, 2, 3, 4];

describe('the same bytes, given to our HTTP/2 and to that of Node', () => {
  for (const seed of seeds)
    it(`are told the same, but for what is meant to differ: seed ${seed}`, async () => {
      const { cases, same, faults } = await runDifferential({ seconds: seconds / seeds.length, seed });
      assert.deepEqual(faults, []);
      // Most damage is seen by both alike; where it is not, nothing was compared.
      assert.ok(same > cases / 2, `${same} of ${cases} the same`);
      assert.ok(cases > 10, `${cases} cases`);
    });
});
