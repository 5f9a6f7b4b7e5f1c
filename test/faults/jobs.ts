/**
 * `npm run faults:jobs`: processes that submit, claim, complete and cut are killed at any point, `--kills N` of them (default 200), each after about
 * `--lines N` acknowledged changes at most (default 1,200); `--seed N` is another run. Then a history checker looks whether all that was promised holds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '@sheaf/terminal';
import { killRounds } from '../../libs/jobs/src/testing/kill-rounds.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    lines: { type: 'string', default: '1200' },
    seed: { type: 'string', default: '1' },
  },
});
const [kills, linesMax, seed] = [values.kills, values.lines, values.seed].map(Number) as [number, number, number];
if (![kills, linesMax, seed].every(Number.isSafeInteger) || kills < 2 || linesMax < 1) {
  console.error(
    `--kills, --lines and --seed: want whole numbers, at least 2 kills, got "${values.kills}", "${values.lines}" and "${values.seed}"`,
  );
  process.exit(2);
}

const root = mkdtempSync(join(tmpdir(), 'sheaf-jobs-'));
try {
  const figures = await killRounds({ folder: root, seed, rounds: Math.ceil(kills / 2), linesMax });
  console.log(
    table([
      ['store', 'processes killed', 'changes told', 'jobs', 'batches', 'late commits refused', 'problems'],
      [
        'SQLite',
        ...[figures.kills, figures.told, figures.jobs, figures.batches, figures.fenced, figures.problems.length].map(
          String,
        ),
      ],
    ]),
  );
  for (const problem of figures.problems.slice(0, 20)) console.log(problem);
  if (figures.problems.length > 0) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
