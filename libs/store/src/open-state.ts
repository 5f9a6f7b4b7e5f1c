/** The embedded state: a file in the folder of the mesh, behind a thread of its own. */
import { createPorts, Watch } from './ports.ts';
import type { State } from './state.ts';
import type { StateThreadData } from './state-thread.ts';
import { StateWorker } from './state-worker.ts';
import type { Ask } from './tables.ts';

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
  const worker = new StateWorker({
    module: new URL('./state-thread.ts', import.meta.url),
    workerData: { folder, lockWaitMs, bytesMax, pollMs } satisfies StateThreadData,
    queueMax,
    onKeysChanged: () => keysWatch.ring(),
    onAuditChanged: () => auditWatch.ring(),
  });
  await worker.opened;
  const ask = ((name, ...args) => worker.ask(name, args)) as Ask;
  return createPorts({ ask, keysWatch, auditWatch, now, close: () => worker.close() });
}
