/** The embedded state: a file in the folder of the mesh, behind a thread of its own. */
import { join } from 'node:path';
import { openDatabase } from './open-database.ts';
import { createPorts } from './ports.ts';
import type { State } from './state.ts';
import type { StateThreadData } from './state-thread.ts';
import type { Ask } from './tables.ts';
import { Watch } from './watch.ts';

export interface StateOptions {
  /** The most operations that wait at once; more are refused. Default 4,096. */
  readonly queueMax?: number;
  /** The longest that an operation waits for another process that is writing. Default 5,000. */
  readonly lockWaitMs?: number;
  /** The largest that the file may grow. Default 4 GiB. */
  readonly bytesMax?: number;
  /** How often to look whether another process changed the keys. Default 500. */
  readonly pollMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Opens `<folder>/.sheaf/state.db`, and makes it where there is none. Several processes of one machine may have it open. */
export async function openState(folder: string, options: StateOptions = {}): Promise<State> {
  const { queueMax = 4_096, lockWaitMs = 5_000, bytesMax = 4 * 2 ** 30, pollMs = 500, now = Date.now } = options;
  const [keysWatch, auditWatch] = [new Watch(), new Watch()];
  const watches: Readonly<Record<string, Watch>> = { keys: keysWatch, audit: auditWatch };
  const database = await openDatabase({
    kept: 'state',
    module: new URL('./state-thread.ts', import.meta.url),
    workerData: { path: join(folder, '.sheaf', 'state.db'), lockWaitMs, bytesMax, pollMs } satisfies StateThreadData,
    queueMax,
    marks: Object.keys(watches),
    onChanged: (names) => {
      for (const name of names) watches[name]?.ring();
    },
  });
  const ask = ((name, ...args) => database.ask(name, args)) as Ask;
  return createPorts({ ask, keysWatch, auditWatch, now, close: database.close });
}
