/** The store in a Postgres, for registries that more machines than one ask. */
import { errorOf, failuresOf, Watch } from '@sheaf/store';
import pg from 'pg';
import type { RegistryStore } from '../../registry-store.ts';
import { createStore } from '../create-store.ts';
import { type Ask, isRead, operationOf } from '../operations.ts';
import type { Steps } from '../steps.ts';
import { createListener } from './listener.ts';
import { migrate } from './migrate.ts';
import { asRegistryError, isConflict } from './postgres-failures.ts';

export interface PostgresStoreOptions {
  /** The most operations that wait for a connection at once; more are refused (REGISTRY_OVERLOADED). Default 4,096. */
  readonly queueMax?: number;
  /** The longest that an operation waits for a connection, or for another one's change (REGISTRY_UNAVAILABLE, REGISTRY_LOCKED). Default 5,000. */
  readonly lockWaitMs?: number;
  /** How often to look whether another process changed something, beside what the database tells by itself. Default 1,000. */
  readonly pollMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The name under which processes tell each other of changes. */
export const channel = 'sheaf_registry';

const connectionsMax = 4;
const triesMax = 3;
/** What has no part in the order of changes: nobody waits for it, and it waits for nobody. */
const unordered: ReadonlySet<string> = new Set(['putEvidence', 'takeLease', 'giveLease']);

/** Opens the registry in the database that a URL names (`postgres://user:password@host/database`), and makes its tables where there are none. */
export async function openPostgresStore(url: string, options: PostgresStoreOptions = {}): Promise<RegistryStore> {
  const { queueMax = 4_096, lockWaitMs = 5_000, pollMs = 1_000, now = Date.now } = options;
  const config = configOf(url, lockWaitMs);
  const pool = new pg.Pool({ ...config, max: connectionsMax });
  // An idle connection that breaks is replaced when it is needed.
  pool.on('error', () => {});
  const watch = new Watch();
  let epoch: number;
  try {
    epoch = await transaction(pool, 'BEGIN', (client) => migrate(client));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const seen = (found: number): void => {
    if (found === epoch) return;
    epoch = found;
    watch.ring();
  };
  const run = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    if (pool.ending) throw errorOf(failuresOf('registry').closed);
    if (pool.waitingCount >= queueMax) throw errorOf(failuresOf('registry').overloaded);
    const operation = operationOf(name);
    if (isRead(name))
      return transaction(pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', (client) =>
        runSteps(operation(...args), client),
      );
    if (unordered.has(name)) return transaction(pool, 'BEGIN', (client) => runSteps(operation(...args), client));
    const changed = await transaction(pool, 'BEGIN', (client) => change(client, () => operation(...args)));
    // Before the answer, so that who changed something finds it changed everywhere in this process.
    seen(changed.epoch);
    return changed.result;
  };
  const listener = createListener({ config, channel, pollMs, seen, look: () => run('epoch', []) as Promise<number> });
  const ask = ((name, ...args) => run(name, args)) as Ask;
  const close = async (): Promise<void> => {
    await listener.close();
    if (!pool.ending) await pool.end();
  };
  return createStore({ ask, watch, now, close });
}

const configOf = (url: string, lockWaitMs: number): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'sheaf registry',
  connectionTimeoutMillis: lockWaitMs,
  lock_timeout: lockWaitMs,
  statement_timeout: 6 * lockWaitMs,
  // A process that was stopped half way keeps the others waiting no longer.
  idle_in_transaction_session_timeout: 6 * lockWaitMs,
  keepAlive: true,
  types: {
    // Whole numbers of 64 bits are texts otherwise; ours have 53.
    getTypeParser: ((oid, format) =>
      oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  },
});

/** One change after the other: the row of the state is held until it is made. */
async function change(
  client: pg.ClientBase,
  operation: () => Steps<unknown>,
): Promise<{ readonly result: unknown; readonly epoch: number }> {
  const { rows: before } = await client.query('SELECT epoch FROM registry_state FOR UPDATE');
  const result = await runSteps(operation(), client);
  const { rows: after } = await client.query(
    `SELECT epoch, CASE WHEN epoch <> $1 THEN pg_notify('${channel}', epoch::text) END FROM registry_state`,
    [before[0]?.epoch],
  );
  return { result, epoch: Number(after[0]?.epoch) };
}

async function transaction<Result>(
  pool: pg.Pool,
  begin: string,
  task: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const client = await pool.connect().catch((error) => {
      throw asRegistryError(error);
    });
    // One that breaks while nobody asks it anything says so by an event, which nobody else hears.
    const onError = (): void => {};
    client.on('error', onError);
    let isCommitting = false;
    let broken: unknown;
    try {
      await client.query(begin);
      const result = await task(client);
      isCommitting = true;
      await client.query('COMMIT');
      return result;
    } catch (error) {
      const again = isConflict(error) && tries < triesMax;
      await client.query('ROLLBACK').catch((failed) => {
        broken = failed;
      });
      if (!again) throw asRegistryError(error, isCommitting);
    } finally {
      client.off('error', onError);
      client.release(broken !== undefined);
    }
  }
}

async function runSteps<Result>(steps: Steps<Result>, client: pg.ClientBase): Promise<Result> {
  let step = steps.next();
  while (!step.done) {
    const { sql, values } = step.value;
    const { rows } = await client.query(sql, [...values]);
    step = steps.next(rows);
  }
  return step.value;
}
