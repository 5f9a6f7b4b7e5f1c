/** The embedded store: a file in the folder of the mesh, behind a thread of its own. */
import { join } from 'node:path';
import { openDatabase, Watch } from '@sheaf/store';
import type { RegistryStore } from '../../registry-store.ts';
import { createStore } from '../create-store.ts';
import type { Ask } from '../operations.ts';
import type { RegistryThreadData } from './registry-thread.ts';

export interface SqliteStoreOptions {
  /** The most operations that wait at once; more are refused (REGISTRY_OVERLOADED). Default 4,096. */
  readonly queueMax?: number;
  /** The longest that an operation waits for another process that is writing (REGISTRY_LOCKED). Default 5,000. */
  readonly lockWaitMs?: number;
  /** The largest that the file may grow (REGISTRY_FULL). Default 4 GiB. */
  readonly bytesMax?: number;
  /** How often to look whether another process changed something. Default 50. */
  readonly pollMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Opens `<folder>/.sheaf/registry/registry.db`, and makes it where there is none. Several processes of one machine may have it open. */
export async function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): Promise<RegistryStore> {
  const { queueMax = 4_096, lockWaitMs = 5_000, bytesMax = 4 * 2 ** 30, pollMs = 50, now = Date.now } = options;
  const watch = new Watch();
  const path = join(folder, '.sheaf', 'registry', 'registry.db');
  const database = await openDatabase({
    kept: 'registry',
    module: new URL('./registry-thread.ts', import.meta.url),
    workerData: { path, lockWaitMs, bytesMax, pollMs } satisfies RegistryThreadData,
    queueMax,
    marks: ['epoch'],
    onChanged: (names) => {
      if (names.includes('epoch')) watch.ring();
    },
  });
  const ask = ((name, ...args) => database.ask(name, args)) as Ask;
  return createStore({ ask, watch, now, close: database.close });
}
