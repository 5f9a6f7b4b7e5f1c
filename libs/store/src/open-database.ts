/** A database in a file behind a thread of its own, from outside: asks, hears of changes, and has another thread where one died. */
import { DatabaseWorker, type DatabaseWorkerOptions } from './database-worker.ts';

export interface DatabaseOptions extends Omit<DatabaseWorkerOptions, 'onChanged'> {
  /** Told the names of the marks of the thread that may have another value, before whoever changed them hears that it is done. */
  readonly onChanged: (names: readonly string[]) => void;
  /** Every mark of the thread. */
  readonly marks: readonly string[];
}

export interface OpenDatabase {
  /** Asks for an operation of the thread by its name. */
  readonly ask: (name: string, args: readonly unknown[]) => Promise<unknown>;
  /** What waits is done first. */
  readonly close: () => Promise<void>;
}

/** A thread that died is followed by another one after so long. */
const beginAgainMs = 500;

export async function openDatabase({ marks, ...options }: DatabaseOptions): Promise<OpenDatabase> {
  const begin = async (): Promise<DatabaseWorker> => {
    const begun = new DatabaseWorker(options);
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
    options.onChanged(marks);
  };
  void worker.ended.then(beginLater);
  return {
    ask: (name, args) => worker.ask(name, args),
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      return worker.close();
    },
  };
}
