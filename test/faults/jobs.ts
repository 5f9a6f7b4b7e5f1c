/**
 * `npm run faults:jobs`: processes that submit, claim, complete and cut are killed at any point, `--kills N` of them (default 80), each after about
 * `--lines N` acknowledged changes at most (default 400); `--seed N` is another run. With the store in SQLite, and then, with a quarter of the lines, in a
 * Postgres that is killed too (`--store sqlite|postgres`: one of them). Then a history checker looks whether all that was promised holds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { table } from '@sheaf/terminal';
import { type KillFigures, killRounds } from '../../libs/jobs/src/testing/kill-rounds.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '80' },
    lines: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'both' },
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
const rounds = Math.ceil(kills / 2);
const problems: string[] = [];
const row = (store: string, figures: KillFigures): string[] => {
  problems.push(...figures.problems);
  const { postgresKills, told, jobs, batches, fenced } = figures;
  return [store, ...[figures.kills, postgresKills, told, jobs, batches, fenced, figures.problems.length].map(String)];
};
const rows = [
  [
    'store',
    'processes killed',
    'Postgres killed',
    'changes told',
    'jobs',
    'batches',
    'late commits refused',
    'problems',
  ],
];
try {
  if (values.store !== 'postgres')
    rows.push(row('SQLite', await killRounds({ folder: mkdtempSync(join(root, 'mesh-')), seed, rounds, linesMax })));
  if (values.store !== 'sqlite') {
    if (skipWithoutPostgres) console.log(skipWithoutPostgres);
    else rows.push(row('Postgres', await onPostgres()));
  }
  console.log(table(rows));
  for (const problem of problems.slice(0, 20)) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function onPostgres(): Promise<KillFigures> {
  const server = await PostgresServer.start();
  try {
    const postgres = { server, url: await server.newUrl() };
    const folder = mkdtempSync(join(root, 'mesh-'));
    return await killRounds({ folder, seed, rounds, linesMax: Math.ceil(linesMax / 4), postgres });
  } finally {
    await server.stop();
  }
}
