/** A process for the tests to kill: submits, claims, completes and cuts in several loops, and tells each change once it was acknowledged. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { InferError } from '@sheaf/inference';
import { openWork } from '../index.ts';
import type { Lease } from '../lease.ts';
import { outcomeOf } from './do-work.ts';
import { aBatch, aJob, bytesOf } from './samples.ts';
import { seeded } from './seeded.ts';

const [, , folder = '', name = '', seed = '', databaseUrl] = process.argv;
const random = seeded(Number(seed));
const upTo = (max: number): number => Math.floor(random() * max);
/** Written before anything else is done: what was told last is known when the process is killed. */
function told(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // Whoever reads is behind.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const loops = 24;
// Longer than a change waits for those of another machine, or attempts are used up by that alone.
const leaseMs = databaseUrl ? 1_500 : 150;
const tenants = ['acme', 'umbrella', 'initech'];
/** What a database that was killed, or another process in the way, may answer. */
const expected = new Set(['JOBS_UNAVAILABLE', 'JOBS_LOST', 'JOBS_LOCKED']);

const work = await openWork(folder, { lockWaitMs: 60_000, ...(databaseUrl ? { databaseUrl } : {}) });
const keys: string[] = [];
let made = 0;

async function submit(): Promise<void> {
  // Some are delivered twice.
  const again = keys[upTo(keys.length * 8)];
  const fresh = `${name}-${seed}-${made++}`;
  const wanted = again === undefined ? [fresh, `${fresh}+`] : [again, fresh];
  const tenant = 'acme';
  const jobs = wanted.map((key) =>
    aJob({ tenant, idempotencyKey: key, payload: bytesOf(key), attemptsMax: 100, priority: 0 }),
  );
  for (const { record } of await work.jobs.submit(jobs)) told(`submit ${record.idempotencyKey} ${record.id}`);
  keys.push(...wanted);
}

async function begin(): Promise<void> {
  const spec = JSON.stringify({ rows: upTo(80) });
  const collection = `${name}-${seed}-${made++}`;
  const { record } = await work.batches.create(
    aBatch({ spec, collection, tenant: tenants[upTo(3)] ?? '', attemptsMax: 100 }),
  );
  told(`batch ${record.id}`);
}

async function claim(): Promise<void> {
  const leases = await work.jobs.claim({ worker: name, count: 1 + upTo(6), leaseMs });
  await Promise.all(leases.map(handle));
}

async function handle(lease: Lease): Promise<void> {
  const { jobId, token } = lease;
  const fate = random();
  if (fate < 0.03) return;
  if (fate < 0.06) await work.jobs.complete(lease, { kind: 'released' });
  else if (fate < 0.1) {
    const error = { code: 'INTERNAL', reason: 'BROKEN', message: 'broken' } as const;
    await work.jobs.complete(lease, { kind: 'failed', error, retryAt: Date.now() + upTo(50) });
  } else {
    // One that was paused renews its lease when it wakes; what it has computed it tries to commit all the same.
    if (fate < 0.16) {
      await sleep(leaseMs * (1 + random()));
      if ((await work.jobs.renew(lease, { leaseMs })) === 'lost') {
        told(`lost ${jobId} ${token}`);
        await sleep(leaseMs * random());
      }
    }
    const outcome = await outcomeOf(work, lease);
    if (!outcome || !(await work.jobs.complete(lease, outcome))) told(`lost ${jobId} ${token}`);
    else told(`done ${jobId} ${token}`);
  }
}

const actions = [submit, submit, claim, claim, claim];
told('open');
await Promise.all(
  Array.from({ length: loops }, async (_, loop) => {
    for (let turn = 0; ; turn++) {
      const rare = turn % 50 === loop ? [begin, begin, () => work.jobs.sweep()][loop % 3] : undefined;
      const action = rare ?? actions[upTo(actions.length)];
      try {
        await action?.();
      } catch (error) {
        const reason = error instanceof InferError ? error.reason : '';
        if (!expected.has(reason)) told(`fault ${reason} ${error instanceof Error ? error.stack : error}`);
      }
    }
  }),
);
