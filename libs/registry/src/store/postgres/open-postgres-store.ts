/** The store in a Postgres, for registries that more machines than one ask. */
import {
  createListener,
  errorOf,
  failuresOf,
  inTransaction,
  outliveConnections,
  postgresConfig,
  type Steps,
  stepsOnPostgres,
  Watch,
} from '@sheaf/store';
import pg from 'pg';
import type { RegistryStore } from '../../registry-store.ts';
import { createStore } from '../create-store.ts';
import { type Ask, isRead, operationOf } from '../operations.ts';
import { migrate } from './migrate.ts';

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
/** What has no part in the order of changes: nobody waits for it, and it waits for nobody. */
const unordered: ReadonlySet<string> = new Set(['putEvidence', 'takeLease', 'giveLease']);

/** Opens the registry in the database that a URL names (`postgres://user:password@host/database`), and makes its tables where there are none. */
export async function openPostgresStore(url: string, options: PostgresStoreOptions = {}): Promise<RegistryStore> {
  const { queueMax = 4_096, lockWaitMs = 5_000, pollMs = 1_000, now = Date.now } = options;
  const config = postgresConfig('registry', url, { lockWaitMs, getTypeParser: pg.types.getTypeParser });
  const pool = outliveConnections(new pg.Pool({ ...config, max: connectionsMax }));
  const watch = new Watch();
  const transaction = <Result>(begin: string, task: (client: pg.ClientBase) => Promise<Result>): Promise<Result> =>
    inTransaction({ kept: 'registry', pool, begin }, task);
  let epoch: number;
  try {
    epoch = await transaction('BEGIN', (client) => migrate(client));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const seen = (found: number): void => {
    // A look that was under way while something changed finds what was before.
    if (found <= epoch) return;
    epoch = found;
    watch.ring();
  };
  const run = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    if (pool.ending) throw errorOf(failuresOf('registry').closed);
    if (pool.waitingCount >= queueMax) throw errorOf(failuresOf('registry').overloaded);
    const operation = operationOf(name);
    if (isRead(name))
      return transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', (client) =>
        stepsOnPostgres(operation(...args), client),
      );
    if (unordered.has(name)) return transaction('BEGIN', (client) => stepsOnPostgres(operation(...args), client));
    const changed = await transaction('BEGIN', (client) => change(client, () => operation(...args)));
    // Before the answer, so that who changed something finds it changed everywhere in this process.
    seen(changed.epoch);
    return changed.result;
  };
  const look = async (): Promise<void> => seen((await run('epoch', [])) as number);
  const newClient = (): pg.Client => new pg.Client(config);
  const listener = createListener({ newClient, channel, pollMs, told: (payload) => seen(Number(payload)), look });
  const ask = ((name, ...args) => run(name, args)) as Ask;
  const close = async (): Promise<void> => {
    await listener.close();
    if (!pool.ending) await pool.end();
  };
  return createStore({ ask, watch, now, close });
}

/** One change after the other: the row of the state is held until it is made. */
async function change(
  client: pg.ClientBase,
  operation: () => Steps<unknown>,
): Promise<{ readonly result: unknown; readonly epoch: number }> {
  const { rows: before } = await client.query('SELECT epoch FROM registry_state FOR UPDATE');
  const result = await stepsOnPostgres(operation(), client);
  const { rows: after } = await client.query(
    `SELECT epoch, CASE WHEN epoch <> $1 THEN pg_notify('${channel}', epoch::text) END FROM registry_state`,
    [before[0]?.epoch],
  );
  return { result, epoch: Number(after[0]?.epoch) };
}
