/**
 * The fuzzer for some seconds with the same messages each time, or with others for as long as `SHEAF_FUZZ_MINUTES` says: `npm run test:long` gives it one.
 * `SHEAF_FUZZ_SEED` has it try the messages of that seed once more.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runFuzz } from './run.ts';

const longSeconds = Number(process.env['SHEAF_FUZZ_MINUTES'] ?? 0) * 60;
const seconds = longSeconds || 6;
// What fails in a change is then of that change.
const ownSeed = longSeconds > 0 ? Math.floor(Math.random() * 2 ** 32) : 1;
const seed = Number(process.env['SHEAF_FUZZ_SEED'] ?? ownSeed);

describe('messages of every kind', () => {
  it('are decoded in a time that goes by their size, and answered with a proper status', async () => {
    assert.ok(Number.isInteger(seed), 'SHEAF_FUZZ_SEED: want an integer');
    // At once: a run that is ended from outside would not tell it any more.
    if (seed !== 1) console.error(`seed ${seed}; SHEAF_FUZZ_SEED=${seed} tries the same messages`);
    const lines: string[] = [];
    const { messages, faults } = await runFuzz({ seconds, seed, log: (line) => lines.push(line) });
    if (seconds >= 60) console.error(lines.join('\n'));
    const told = faults.map(({ what, replay }) => `${what}\n  ${replay}`).join('\n');
    assert.equal(faults.length, 0, `seed ${seed}, ${messages} messages:\n${told}`);
    assert.ok(messages > 100, `${messages} messages`);
  });
});
