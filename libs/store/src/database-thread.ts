/** The inside of a thread that has a database open: the only one that may wait for its disk and its locks. */
import { parentPort } from 'node:worker_threads';
import { asFailure, type Failure, type Kept } from './failures.ts';
import { type Database, type Operation, type Reply, WriteQueue } from './write-queue.ts';

export type ToThread = Operation | 'close';

export type FromThread =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | {
      readonly kind: 'turn';
      readonly replies: readonly Reply[];
      /** The names of the marks that are not what they were. */
      readonly changed: readonly string[];
    };

export interface ServedDatabase extends Database {
  /** By name: something that is another value after each change that somebody wants to hear of. */
  readonly marks: Readonly<Record<string, () => unknown>>;
  /** How long a change waits for other processes. */
  readonly lockWaitMs: number;
  /** How often to look whether another process changed a mark. */
  readonly pollMs: number;
}

/** Opens a database and answers the operations that this thread is sent, until it is told to close it. Not to be opened, it says why, and the thread ends. */
export function serveDatabase(kept: Kept, open: () => ServedDatabase): void {
  try {
    serve(open());
  } catch (error) {
    tell({ kind: 'refused', failure: asFailure(kept, error) });
  }
}

const tell = (message: FromThread): void => parentPort?.postMessage(message);

function serve(database: ServedDatabase): void {
  const { db, lockWaitMs, pollMs } = database;
  const marks = Object.entries(database.marks);
  const queue = new WriteQueue(database, lockWaitMs, () => performance.now());
  const values = new Map(marks.map(([name, look]) => [name, look()]));
  let closing = false;

  // Changes when another connection has committed something; what, the marks tell.
  const dataVersion = db.prepare('PRAGMA data_version');
  let version: unknown;

  const changed = (): string[] => {
    const names: string[] = [];
    for (const [name, look] of marks) {
      try {
        const value = look();
        if (value !== values.get(name)) names.push(name);
        values.set(name, value);
      } catch {
        // The disk, or another process in the way: seen at the next look.
        version = undefined;
      }
    }
    return names;
  };

  const poll = setInterval(() => {
    const before = version;
    try {
      version = dataVersion.get()?.['data_version'];
    } catch {
      return;
    }
    if (version === before) return;
    const names = changed();
    if (names.length > 0) tell({ kind: 'turn', replies: [], changed: names });
  }, pollMs);

  const turn = (): void => {
    const replies = queue.turn();
    tell({ kind: 'turn', replies, changed: changed() });
    if (!queue.idle) setImmediate(turn);
    else if (closing) end();
  };

  const end = (): void => {
    clearInterval(poll);
    db.close();
    parentPort?.close();
  };

  parentPort?.on('message', (message: ToThread) => {
    // All messages that have arrived are read before the turn that they cause.
    if (queue.idle) setImmediate(turn);
    if (message === 'close') closing = true;
    else queue.add(message);
  });
  tell({ kind: 'opened' });
}
