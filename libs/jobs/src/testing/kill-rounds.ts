/** Two processes that work on the same jobs and batches are killed in the middle of it, again and again; then all that was promised must hold. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PostgresServer } from '@sheaf/store/testing';
import { openWork } from '../index.ts';
import type { Work } from '../work.ts';
import { outcomeOf } from './do-work.ts';
import { type FoundBatch, type FoundJob, type FoundState, historyProblems } from './history.ts';
import { claimOf, textOf } from './samples.ts';
import { seeded } from './seeded.ts';

export interface KillRounds {
  readonly folder: string;
  readonly seed: number;
  /** Two processes are killed in each. */
  readonly rounds: number;
  /** About so many changes are acknowledged to each process before it is killed. */
  readonly linesMax: number;
  /** Where it is in a Postgres, which is killed too, in every other round, and comes back while the processes work. */
  readonly postgres?: { readonly server: PostgresServer; readonly url: string } | undefined;
}

export interface KillFigures {
  readonly kills: number;
  /** Of the Postgres, beside them. */
  readonly postgresKills: number;
  /** Changes that were acknowledged. */
  readonly told: number;
  readonly jobs: number;
  readonly batches: number;
  /** Commits that were refused since the lease was lost. */
  readonly fenced: number;
  /** What does not hold: none, unless something is wrong. */
  readonly problems: readonly string[];
}

const program = fileURLToPath(new URL('./working-process.ts', import.meta.url));

export async function killRounds({ folder, seed, rounds, linesMax, postgres }: KillRounds): Promise<KillFigures> {
  const random = seeded(seed);
  const databaseUrl = postgres?.url;
  const told: string[] = [];
  let postgresKills = 0;
  for (let round = 0; round < rounds; round++) {
    const workers = ['a', 'b'].map((name, index) => {
      const args = [program, folder, name, `${seed * 100_000 + round * 2 + index}`];
      return spawn(process.execPath, [...args, ...(databaseUrl ? [databaseUrl] : [])], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    });
    const lines = workers.map((worker) => killLater(worker, Math.floor(linesMax * (1 - random() ** 2)), random() * 20));
    if (postgres && round % 2 === 1) {
      // Both have it open: who finds no database does not begin.
      await Promise.all(workers.map((worker) => once(worker.stdout ?? worker, 'data')));
      await sleep(random() * 200);
      await postgres.server.kill();
      await postgres.server.start();
      postgresKills += 1;
    }
    told.push(...(await Promise.all(lines)).flat());
  }
  const options = { lockWaitMs: 60_000, ...(databaseUrl ? { databaseUrl } : {}) };
  const work = await openWork(folder, options);
  try {
    const before = historyProblems(told, await findState(work, false));
    const undone = await drain(work);
    const found = await findState(work, undone === undefined);
    const problems = [...before, ...historyProblems(told, found), ...(undone === undefined ? [] : [undone])];
    return {
      kills: rounds * 2,
      postgresKills,
      told: told.length,
      jobs: found.jobs.size,
      batches: found.batches.size,
      fenced: told.filter((line) => line.startsWith('lost')).length,
      problems: [...new Set(problems)].map((problem) => `seed ${seed}: ${problem}`),
    };
  } finally {
    await work.close();
  }
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

/** Works on everything until nothing is left; answers what kept it from that. */
async function drain(work: Work): Promise<string | undefined> {
  for (;;) {
    const leases = await work.jobs.claim(claimOf({ count: 100, leaseMs: 60_000 }));
    for (const lease of leases) {
      const outcome = await outcomeOf(work, lease);
      if (!outcome || !(await work.jobs.complete(lease, outcome)))
        return `job ${lease.jobId}: whoever holds its lease cannot commit`;
    }
    if (leases.length > 0) continue;
    const left = (await work.jobs.counts()).counts.filter(({ state }) => state === 'queued' || state === 'running');
    if (left.length === 0) return undefined;
    // What a process had that was killed waits for the end of its lease.
    await sleep(20);
  }
}

async function findState(work: Work, isDrained: boolean): Promise<FoundState> {
  const jobs = new Map<string, FoundJob>();
  for (let before: string | undefined; ; ) {
    const page = await work.jobs.list({}, { limit: 1_000, before });
    await Promise.all(
      page.map(async ({ id, state, idempotencyKey, batch, resultBytes }) => {
        const result = resultBytes === undefined ? undefined : textOf(await work.jobs.result(id));
        jobs.set(id, { state, key: idempotencyKey, batch, result });
      }),
    );
    if (page.length < 1_000) break;
    before = page.at(-1)?.id;
  }
  const batches = new Map<string, FoundBatch>();
  for (let before: string | undefined; ; ) {
    const page = await work.batches.list({}, { limit: 1_000, before });
    for (const { id, state, spec, collection, progress } of page) {
      const rows = await work.predictions.scan({ collection, number: 1 }, { limit: 10_000 });
      const errors = await work.batches.errors(id, { limit: 1_000 });
      batches.set(id, {
        ...{ state, rows: JSON.parse(spec).rows, isCut: progress.isCut, rowsCut: progress.rows },
        ...{ rowsDone: progress.rowsDone, rowsFailed: progress.rowsFailed },
        committed: [
          ...rows.map(({ row, outputs }) => ({ row, token: textOf(outputs), isError: false })),
          ...errors.map(({ row, message }) => ({ row, token: message, isError: true })),
        ],
      });
    }
    if (page.length < 1_000) break;
    before = page.at(-1)?.id;
  }
  return { jobs, batches, isDrained };
}
