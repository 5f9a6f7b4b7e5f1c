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

/** A thread that died is followed by another one after so long. */
const beginAgainMs = 500;

/** Opens `<folder>/.sheaf/state.db`, and makes it where there is none. Several processes of one machine may have it open. */
export async function openState(folder: string, options: StateOptions = {}): Promise<State> {
  const { queueMax = 4_096, lockWaitMs = 5_000, bytesMax = 4 * 2 ** 30, pollMs = 500, now = Date.now } = options;
  const [keysWatch, auditWatch] = [new Watch(), new Watch()];
  const begin = async (): Promise<StateWorker> => {
    const begun = new StateWorker({
      module: new URL('./state-thread.ts', import.meta.url),
      workerData: { folder, lockWaitMs, bytesMax, pollMs } satisfies StateThreadData,
      queueMax,
      onKeysChanged: () => keysWatch.ring(),
      onAuditChanged: () => auditWatch.ring(),
    });
    await begun.opened;
    return begun;
  };
  let worker = await begin();
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const beginLater = (): void => {
    if (!isClosed) timer = setTimeout(() => void beginAgain(), beginAgainMs);
  };
  const beginAgain = async (): Promise<void> => {
    const begun = await begin().catch(() => undefined);
    if (!begun) return beginLater();
    if (isClosed) return begun.close();
    worker = begun;
    void worker.ended.then(beginLater);
    // Whatever changed meanwhile was told to nobody.
    keysWatch.ring();
    auditWatch.ring();
  };
  void worker.ended.then(beginLater);
  const ask = ((name, ...args) => worker.ask(name, args)) as Ask;
  const close = (): Promise<void> => {
    isClosed = true;
    clearTimeout(timer);
    return worker.close();
  };
  return createPorts({ ask, keysWatch, auditWatch, now, close });
}
