/** The thread that has the state file open. The only one that may wait for its disk and its locks. */
import { parentPort, workerData } from 'node:worker_threads';
import { asFailure, type StateFailure } from './failures.ts';
import { createSqliteTables } from './sqlite-tables.ts';
import { openStateFile, type StateFileOptions } from './state-file.ts';
import { type Operation, type Reply, WriteQueue } from './write-queue.ts';

export interface StateThreadData extends StateFileOptions {
  /** How often to look whether another process changed the keys. */
  readonly pollMs: number;
}

export type ToThread = Operation | 'close';

export type FromThread =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly failure: StateFailure }
  | {
      readonly kind: 'turn';
      readonly replies: readonly Reply[];
      readonly keysChanged: boolean;
      readonly auditChanged: boolean;
    };

const data = workerData as StateThreadData;
const port = parentPort;
const tell = (message: FromThread): void => port?.postMessage(message);

try {
  serve();
} catch (error) {
  tell({ kind: 'refused', failure: asFailure(error) });
}

function serve(): void {
  const db = openStateFile(data);
  const tables = createSqliteTables(db);
  const queue = new WriteQueue(db, tables, data.lockWaitMs, () => performance.now());
  let closing = false;
  let generation = tables.keysGeneration();
  let head = tables.head().hash;

  // Changes when another connection has committed something; what, the generation tells.
  const dataVersion = db.prepare('PRAGMA data_version');
  let version: unknown;

  const changes = (): { readonly keysChanged: boolean; readonly auditChanged: boolean } => {
    const [generationBefore, headBefore] = [generation, head];
    try {
      generation = tables.keysGeneration();
      head = tables.head().hash;
    } catch {
      // The disk, or another process in the way: seen at the next look.
      version = undefined;
    }
    return { keysChanged: generation !== generationBefore, auditChanged: head !== headBefore };
  };

  const poll = setInterval(() => {
    const before = version;
    try {
      version = dataVersion.get()?.['data_version'];
    } catch {
      return;
    }
    if (version === before) return;
    const changed = changes();
    if (changed.keysChanged || changed.auditChanged) tell({ kind: 'turn', replies: [], ...changed });
  }, data.pollMs);

  const turn = (): void => {
    const replies = queue.turn();
    tell({ kind: 'turn', replies, ...changes() });
    if (!queue.idle) setImmediate(turn);
    else if (closing) end();
  };

  const end = (): void => {
    clearInterval(poll);
    db.close();
    port?.close();
  };

  port?.on('message', (message: ToThread) => {
    // All messages that have arrived are read before the turn that they cause.
    if (queue.idle) setImmediate(turn);
    if (message === 'close') closing = true;
    else queue.add(message);
  });
  tell({ kind: 'opened' });
}
