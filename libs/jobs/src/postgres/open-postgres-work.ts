/** The store in a Postgres, for workers on more machines than one. Its tables say what is so; the queue of pg-boss, which follows them, says who is next. */
import {
  asPostgresError,
  createListener,
  errorOf,
  failuresOf,
  inTransaction,
  outliveConnections,
  postgresConfig,
  stepsOnPostgres,
} from '@sheaf/store';
import pg from 'pg';
import type { ClaimRequest } from '../job-store.ts';
import { createChanges } from '../store/changes.ts';
import { createWork } from '../store/create-work.ts';
import { type Ask, isRead, operationOf } from '../store/operations.ts';
import type { Work } from '../work.ts';
import { claimByQueue } from './claim-by-queue.ts';
import { type Clock, createClock } from './clock.ts';
import { followTables } from './follow-tables.ts';
import { migrate } from './migrate.ts';
import { openQueue, type Queue } from './queue.ts';
import { createWriter, type Writer } from './writer.ts';

export interface PostgresWorkOptions {
  /** The most changes that wait at once; more are refused (JOBS_OVERLOADED). Default 4,096. */
  readonly queueMax?: number;
  /** The longest that an operation waits for a connection, or for another one's change (JOBS_UNAVAILABLE, JOBS_LOCKED). Default 5,000. */
  readonly lockWaitMs?: number;
  /** How often to look whether another process changed something, beside what the database tells by itself. Default 1,000. */
  readonly pollMs?: number;
  /** Milliseconds since the epoch. Default: the clock of the database, which all processes share. */
  readonly now?: (() => number) | undefined;
}

/** One for changes, the others for what is asked meanwhile. */
const connectionsMax = 4;
/** For what pg-boss does by itself. */
const queueConnectionsMax = 2;
/** Changes whose first argument is not the time. */
const timeless: ReadonlySet<string> = new Set(['drop', 'removeJob']);

/** Opens jobs, batches and predictions in the database that a URL names (`postgres://user:password@host/database`), and makes their tables where there are none. */
export async function openPostgresWork(url: string, options: PostgresWorkOptions = {}): Promise<Work> {
  const { queueMax = 4_096, lockWaitMs = 5_000, pollMs = 1_000, now } = options;
  const config = postgresConfig('jobs', url, { lockWaitMs, getTypeParser });
  const pool = outliveConnections(new pg.Pool({ ...config, max: connectionsMax }));
  const queuePool = outliveConnections(new pg.Pool({ ...config, max: queueConnectionsMax }));
  let queue: Queue | undefined;
  const close = async (): Promise<void> => {
    await queue?.close().catch(() => {});
    await Promise.all([pool, queuePool].map((one) => (one.ending ? undefined : one.end())));
  };
  try {
    const { tables, queue: queueSchema } = await inTransaction({ kept: 'jobs', pool }, migrate);
    queue = await openQueue(queuePool, queueSchema).catch((error) => {
      throw asPostgresError('jobs', error);
    });
    const clock = await createClock(queuePool, queueSchema, now);
    const newClient = (): pg.Client => new pg.Client(config);
    return await openTables({ pool, queue, clock, tables, newClient, pollMs, queueMax, close });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Tables {
  readonly pool: pg.Pool;
  readonly queue: Queue;
  readonly clock: Clock;
  /** Their schema. */
  readonly tables: string;
  readonly newClient: () => pg.Client;
  readonly pollMs: number;
  readonly queueMax: number;
  readonly close: () => Promise<void>;
}

async function openTables({ pool, queue, clock, tables, newClient, pollMs, queueMax, close }: Tables): Promise<Work> {
  const path = `SET LOCAL search_path TO ${tables}`;
  let look = (): void => {};
  const writer = createWriter<Transaction>({
    transact: (task) => inTransaction({ kept: 'jobs', pool, begin: `BEGIN; ${path}` }, task),
    begin: (client) => beginChanges(client, clock, queue),
    end: async (client, transaction) => {
      if (await transaction.follow()) await client.query('SELECT pg_notify($1, $2)', [tables, '']);
      return () => look();
    },
    queueMax,
  });
  const read = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${path}`;
  const ask = ((name, ...args) => {
    if (pool.ending) return Promise.reject(errorOf(failuresOf('jobs').closed));
    if (!isRead(name)) return change(writer, name, args);
    return inTransaction({ kept: 'jobs', pool, begin: read }, (client) =>
      stepsOnPostgres(operationOf(name)(...args), client),
    );
  }) as Ask;
  const changes = createChanges({ last: () => ask('lastChange'), after: (last) => ask('changesAfter', last) });
  look = changes.look;
  const listener = createListener({
    newClient,
    channel: tables,
    pollMs,
    told: () => look(),
    look: async () => look(),
  });
  return createWork({
    ask,
    onChange: changes.onChange,
    // Each transaction asks its database.
    now: () => 0,
    close: async () => {
      changes.close();
      await listener.close();
      await writer.settled();
      await close();
    },
  });
}

/** What a transaction of changes knows. */
interface Transaction {
  readonly nowMs: number;
  readonly queue: Queue;
  /** Brings the queue up to what was changed so far; answers whether anything was since the beginning. */
  readonly follow: () => Promise<boolean>;
}

/** One transaction of changes after the other, of all processes: each sees all before, and holds this row until it is made. */
async function beginChanges(client: pg.ClientBase, clock: Clock, queue: Queue): Promise<Transaction> {
  const { rows } = await client.query('SELECT changed FROM work_state FOR UPDATE');
  const first = Number(rows[0]?.changed);
  let last = first;
  return {
    nowMs: await clock(client),
    queue,
    follow: async () => {
      last = await followTables(client, queue, last);
      return last > first;
    },
  };
}

const change = (writer: Writer<Transaction>, name: string, args: readonly unknown[]): Promise<unknown> =>
  writer.write(async (client, { nowMs, queue, follow }) => {
    const [, ...rest] = args;
    if (name === 'claim') {
      return claimByQueue({ client, queue, nowMs, follow }, rest[0] as ClaimRequest);
    }
    return stepsOnPostgres(operationOf(name)(...(timeless.has(name) ? args : [nowMs, ...rest])), client);
  });

/** Bytes are those of everywhere else, not Node's own kind. */
const getTypeParser = ((oid, format) => {
  if (oid !== pg.types.builtins.BYTEA) return pg.types.getTypeParser(oid, format);
  const parse = pg.types.getTypeParser(oid, format) as (text: string) => Buffer;
  return (text: string) => new Uint8Array(parse(text));
}) as typeof pg.types.getTypeParser;
