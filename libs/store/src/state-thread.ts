/** The thread that has the state file open. */
import { workerData } from 'node:worker_threads';
import { type DatabaseFileOptions, openDatabaseFile } from './database-file.ts';
import { serveDatabase } from './database-thread.ts';
import { stateSchema } from './schema.ts';
import { createSqliteTables } from './sqlite-tables.ts';
import type { Reads } from './tables.ts';

export interface StateThreadData extends DatabaseFileOptions {
  /** How often to look whether another process changed the keys. */
  readonly pollMs: number;
}

const reads: Readonly<Record<keyof Reads, true>> = {
  listKeys: true,
  keysGeneration: true,
  entries: true,
  checkChain: true,
  head: true,
  used: true,
};

const data = workerData as StateThreadData;

serveDatabase('state', () => {
  const db = openDatabaseFile(data, stateSchema);
  const tables = createSqliteTables(db);
  const byName: Readonly<Record<string, unknown>> = { ...tables };
  return {
    kept: 'state',
    db,
    run: (name, args) => (byName[name] as (...args: readonly unknown[]) => unknown)(...args),
    isRead: (name) => Object.hasOwn(reads, name),
    marks: { keys: tables.keysGeneration, audit: () => tables.head().hash },
    lockWaitMs: data.lockWaitMs,
    pollMs: data.pollMs,
  };
});
