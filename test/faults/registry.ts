/**
 * `npm run faults:registry`: processes that push, move aliases, delete and sweep are killed at any point, `--kills N` of them (default 100), with the store in SQLite
 * and then in a Postgres that is killed too; `--seed N` is another run. And a push of 500 MB tells what it takes of memory.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { table } from '@sheaf/terminal';
import { type KillFigures, killRounds } from '../../libs/registry/src/testing/kill-rounds.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!Number.isSafeInteger(kills) || kills < 2 || !Number.isSafeInteger(seed)) {
  console.error(`--kills and --seed: want whole numbers, at least 2 kills, got "${values.kills}" and "${values.seed}"`);
  process.exit(2);
}

const root = mkdtempSync(join(tmpdir(), 'sheaf-registry-'));
const rounds = Math.ceil(kills / 2);
const row = (store: string, figures: KillFigures): string[] => [
  store,
  ...[figures.processKills, figures.postgresKills, figures.told, figures.versions, figures.moves].map(String),
];
const rows = [['store', 'processes killed', 'Postgres killed', 'changes told', 'versions', 'moves']];
try {
  rows.push(row('SQLite', await killRounds({ folder: mkdtempSync(join(root, 'mesh-')), seed, rounds })));
  if (skipWithoutPostgres) {
    console.log(skipWithoutPostgres);
  } else {
    const server = await PostgresServer.start();
    try {
      const postgres = { server, url: await server.newUrl() };
      const folder = mkdtempSync(join(root, 'mesh-'));
      rows.push(row('Postgres', await killRounds({ folder, seed, rounds, postgres })));
    } finally {
      await server.stop();
    }
  }
  console.log(table(rows));
  const program = fileURLToPath(new URL('../../libs/registry/src/testing/big-push.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [program, mkdtempSync(join(root, 'mesh-')), '500'], {
    encoding: 'utf8',
  });
  const { mostMiB } = JSON.parse(stdout);
  console.log(`a push of 500 MB takes ${Number(mostMiB).toFixed(1)} MiB of memory, and may take 64`);
  if (!(mostMiB < 64)) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
