/** The short rows of the fault table. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultPlan } from './row.ts';
import { faultRows } from './rows.ts';

const plan: FaultPlan = { seed: 1, beforeMs: 1_000, duringMs: 2_500, afterMs: 2_500, idleAfterMs: 2_000 };
/** What else the machine does may spoil a promise of milliseconds; the invariants have to hold each time. */
const roundsMax = 3;

// Most of what a row takes is waiting.
describe('the fault table, in short', { concurrency: 2 }, () => {
  for (const { name, fault, promise, run } of faultRows.filter(({ isShort }) => isShort)) {
    it(`${fault}: ${promise}`, async (test) => {
      const measured: string[] = [];
      for (let round = 0; round < roundsMax; round++) {
        const result = await run({ ...plan, seed: plan.seed + round });
        test.diagnostic(`${name}: ${result.measured}`);
        assert.deepEqual(result.violations ?? [], []);
        if (result.kept) return;
        measured.push(result.measured);
      }
      assert.fail(measured.join('\n'));
    });
  }
});
