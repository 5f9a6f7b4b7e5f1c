/** Two processes that work on a registry are killed in the middle of it, again and again; then all that was promised must hold. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PostgresServer } from '@sheaf/store/testing';
import { digestOf, openRegistry, type Registry } from '../index.ts';
import { seeded } from './seeded.ts';

export interface KillRounds {
  readonly folder: string;
  readonly seed: number;
  /** Two processes are killed in each. */
  readonly rounds: number;
  /** Where the store is in a Postgres, which is killed too, in every other round. */
  readonly postgres?: { readonly server: PostgresServer; readonly url: string };
}

export interface KillFigures {
  readonly processKills: number;
  readonly postgresKills: number;
  /** Changes that were acknowledged. */
  readonly told: number;
  readonly versions: number;
  readonly moves: number;
}

const program = fileURLToPath(new URL('./working-process.ts', import.meta.url));
const entry = 'digits';
const aliases = ['champion', 'challenger'];

/** Throws when something does not hold. */
export async function killRounds({ folder, seed, rounds, postgres }: KillRounds): Promise<KillFigures> {
  const random = seeded(seed);
  const told: string[] = [];
  let [postgresKills, versions, moves] = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const workers = ['a', 'b'].map((name) => {
      const args = [program, folder, name, `${seed * 1_000 + round * 2}`, ...(postgres ? [postgres.url] : [])];
      return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    });
    const lines = workers.map((worker) => killLater(worker, Math.floor(random() * 30), random() * 20));
    if (postgres && round % 2 === 1) {
      // Both have it open: who finds no database does not begin.
      await Promise.all(workers.map((worker) => once(worker.stdout ?? worker, 'data')));
      await postgres.server.kill();
      for (const worker of workers) worker.kill('SIGKILL');
      postgresKills += 1;
      await postgres.server.start();
    }
    told.push(...(await Promise.all(lines)).flat());
    const registry = await openRegistry(folder, { lockWaitMs: 60_000, databaseUrl: postgres?.url });
    try {
      ({ versions, moves } = await checkAll(registry, told));
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    } finally {
      await registry.close();
    }
  }
  return { processKills: rounds * 2, postgresKills, told: told.length, versions, moves };
}

/** Kills it so many milliseconds after so many lines; answers all that it told. */
async function killLater(worker: ChildProcess, after: number, ms: number): Promise<string[]> {
  const lines: string[] = [];
  let complaints = '';
  worker.stderr?.on('data', (chunk) => (complaints += chunk));
  const closed = once(worker, 'close');
  if (worker.stdout)
    for await (const line of createInterface({ input: worker.stdout })) {
      lines.push(line);
      if (lines.length === after + 1) setTimeout(() => worker.kill('SIGKILL'), ms);
    }
  const [, signal] = await closed;
  assert.equal(signal, 'SIGKILL', complaints);
  return lines;
}

async function checkAll(registry: Registry, told: readonly string[]): Promise<{ versions: number; moves: number }> {
  assert.deepEqual(
    told.filter((line) => line.startsWith('fault')),
    [],
  );
  const { store, blobs } = registry;
  assert.equal(await store.verifyAudit(), undefined, 'the chain is whole');
  const records = [];
  for (let after = 0; ; ) {
    const page = await store.listVersions(entry, { after, limit: 1_000 });
    records.push(...page);
    if (page.length < 1_000) break;
    after = page.at(-1)?.version ?? 0;
  }
  // No number is missing, and none was given twice.
  for (const [index, { version, digest, manifest }] of records.entries())
    assert.deepEqual([version, digest], [index + 1, digestOf(manifest)]);
  assert.equal((await store.getEntry(entry))?.lastVersion ?? 0, records.length);
  for (const { state, manifest } of records) {
    assert.notEqual(state, 'quarantined');
    if (state === 'ready') for (const { sha256 } of manifest.files) assert.ok(await blobs.verify(sha256), sha256);
  }
  for await (const page of blobs.list()) for (const sha256 of page) assert.ok(await blobs.verify(sha256), sha256);
  const moves = new Map<string, readonly string[]>();
  for (const alias of aliases) moves.set(alias, await linearHistory(registry, alias));
  for (const line of told) {
    const [kind, first = '', second = '', third = ''] = line.split(' ');
    if (kind === 'version') assert.equal(records[Number(first) - 1]?.digest, second, line);
    if (kind === 'move') assert.equal(moves.get(first)?.[Number(second) - 1], third, line);
  }
  return { versions: records.length, moves: [...moves.values()].flat().length };
}

/** Where the alias led after each of its moves: each goes on where the one before it ended. */
async function linearHistory({ store }: Registry, alias: string): Promise<readonly string[]> {
  const history = [];
  for (let beforeSequence = Number.MAX_SAFE_INTEGER; ; ) {
    const page = await store.history(entry, { alias, beforeSequence, limit: 1_000 });
    history.unshift(...page.toReversed());
    if (page.length < 1_000) break;
    beforeSequence = page.at(-1)?.sequence ?? 0;
  }
  for (const [index, { epoch, from }] of history.entries())
    assert.deepEqual([epoch, from], [index + 1, history[index - 1]?.to], `${alias} is linear`);
  const record = (await store.aliasesOf(entry)).find((one) => one.alias === alias);
  assert.deepEqual([record?.version, record?.epoch ?? 0], [history.at(-1)?.to, history.length]);
  return history.map(({ to }) => `${to}`);
}
