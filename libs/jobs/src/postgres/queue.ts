/** The queue of pg-boss: which job is next, in whose hands it is, and which have failed for good. All else of a job is in tables of ours, changed in the same transaction. */
import { createHash } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';
import type { Db, PgBoss } from 'pg-boss';
import type { JobState } from '../job.ts';

/** A job as the queue knows it. */
export interface Queued extends Lane {
  readonly id: string;
  readonly state: JobState;
  readonly priority: number;
  /** Milliseconds since the epoch; it is not handed out before. */
  readonly notBefore: number | undefined;
}

/** Whose queue a job waits in. */
export interface Lane {
  readonly kind: string;
  readonly tenant: string;
}

/** All but `close` is part of the transaction that `client` is in. */
export interface Queue {
  /** Hands out the oldest jobs of this priority. */
  take(client: ClientBase, lane: Lane, priority: number, count: number): Promise<readonly string[]>;
  /** Brings the queue up to what has become of these jobs, whatever it thinks of them. */
  follow(client: ClientBase, jobs: readonly Queued[]): Promise<void>;
  close(): Promise<void>;
}

/** How long the queue knows a job after its end, for those who look into it with the tools of pg-boss; our tables know it for as long as the job says. */
const keptSeconds = 86_400;
/** pg-boss gives up neither what waits nor what runs: leases and deadlines are ours, and exact to the millisecond. */
const forever = 2 ** 31 - 1;

/**
 * Opens the queue in a schema of its own, which is made or brought up to date where need be, by one process at a time. `pool` is for what pg-boss does by itself: a
 * transaction that waits for that must not hold the last connection.
 */
export async function openQueue(pool: Pool, schema: string): Promise<Queue> {
  // Imported where it is needed alone: most who have jobs have no Postgres, and wait for it at the start.
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({
    db: databaseOf(pool),
    schema,
    // Schedules are ours, and a gateway that only asks is no instance to be listed.
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  // What its maintenance could not do, it does the next time.
  boss.on('error', () => {});
  await boss.start();
  const made = new Set<string>();
  const make = async (name: string): Promise<void> => {
    if (made.has(name)) return;
    await boss.createQueue(name);
    made.add(name);
  };
  return {
    take: async (client, lane, priority, count) => {
      const name = nameOf(lane);
      await make(name);
      const options = { batchSize: count, minPriority: priority, maxPriority: priority, db: databaseOf(client) };
      return (await boss.fetch(name, options)).map(({ id }) => id);
    },
    follow: async (client, jobs) => {
      for (const [name, ofQueue] of Map.groupBy(jobs, nameOf)) {
        await make(name);
        for (const [state, some] of Map.groupBy(ofQueue, (job) => job.state))
          await followState({ boss, name, db: databaseOf(client) }, state, some);
      }
    },
    close: () => boss.stop({ graceful: false }),
  };
}

interface On {
  readonly boss: PgBoss;
  readonly name: string;
  readonly db: Db;
}

async function followState({ boss, name, db }: On, state: JobState, jobs: readonly Queued[]): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  switch (state) {
    case 'queued':
      return queue({ boss, name, db }, jobs);
    case 'running':
      return;
    case 'succeeded':
      await boss.complete(name, ids, undefined, { db, includeQueued: true });
      return;
    case 'failed':
      await boss.fail(name, ids, undefined, { db });
      return;
    case 'cancelled':
    case 'expired':
      await boss.cancel(name, ids, { db });
  }
}

/** New ones are added; one that is there, wherever it is, waits again, and keeps its place. */
async function queue({ boss, name, db }: On, jobs: readonly Queued[]): Promise<void> {
  const added = new Set(await boss.insert(name, jobs.map(insertOf), { db, returnId: true }));
  const again = jobs.filter(({ id }) => !added.has(id));
  if (again.length === 0) return;
  const ids = again.map(({ id }) => id);
  // Each does nothing to a job that is not where it looks for it.
  await boss.fail(name, ids, undefined, { db });
  await boss.retry(name, ids, { db });
  await boss.resume(name, ids, { db });
  for (const { id, notBefore } of again)
    if (notBefore !== undefined) await boss.update(name, undefined, { id, startAfter: new Date(notBefore), db });
}

const databaseOf = (on: Pool | ClientBase): Db => ({ executeSql: (text, values) => on.query(text, values) });

/** One for each tenant and kind, so that the backlog of one is never read through for another's next job. */
function nameOf({ kind, tenant }: Lane): string {
  const isPlain = /^[\w.-]{1,64}$/.test(tenant);
  return isPlain ? `${kind}/${tenant}` : `${kind}/-/${createHash('sha256').update(tenant).digest('hex')}`;
}

const insertOf = ({ id, priority, notBefore }: Queued) => ({
  id,
  priority,
  ...(notBefore === undefined ? {} : { startAfter: new Date(notBefore) }),
  // Whether it is tried again is ours to say.
  retryLimit: 0,
  expireInSeconds: forever,
  retentionSeconds: forever,
  deleteAfterSeconds: keptSeconds,
});
