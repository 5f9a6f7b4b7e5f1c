import { type FSWatcher, watch } from 'node:fs';
import { snapshotOf } from './folder-snapshot.ts';

/** A file is often written in several steps; a folder is read once it has been quiet this long. */
const quietMs = 200;
/** And after so long at the latest: a copy that takes an hour is no reason to leave a right in force that was taken away. */
const waitMaxMs = 2_000;
/** How often a folder is looked at whether or not the system tells of changes: it tells none of network file systems, of some mounts, and behind links. */
const pollMs = 2_000;

/** What could not be taken up, for a reason that may pass, is tried again after this. */
const retryMs = 10_000;

export interface FolderWatchOptions {
  /** Called again only when what it answers has resolved; `retry` has it called again in a while, though nothing has changed since. */
  readonly onChange: () => Promise<'done' | 'retry'>;
  readonly onEvent: (line: string) => void;
  /** How the folder was when it was read. Default: as it is when it is looked at first. */
  readonly seen?: string | undefined;
  /** Default: what the system tells. */
  readonly watchFolder?: (folder: string, onChange: (file: string | null) => void) => FSWatcher;
  /** Default 2,000. */
  readonly pollMs?: number;
  /** Default 10,000. */
  readonly retryMs?: number;
}

const bySystem = (folder: string, onChange: (file: string | null) => void): FSWatcher =>
  watch(folder, { recursive: true }, (_event, file) => onChange(file));

/** Of the mesh itself, such as its socket. What begins with two dots is how Kubernetes swaps what it has mounted. */
const isOwn = (file: string | null): boolean => file !== null && /^\.[^.]/.test(file);

/**
 * Tells of changes in a folder: at once where the system does, else within moments. The system may have no room for that (ENOSPC, EMFILE), and a folder may
 * go and come back; both end nothing. What it answers ends it.
 */
export function watchFolder(folder: string, options: FolderWatchOptions): () => void {
  const { onChange, onEvent, watchFolder: open = bySystem, pollMs: intervalMs = pollMs } = options;
  const { retryMs: againMs = retryMs } = options;
  let watcher: FSWatcher | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let { seen } = options;
  let busy = false;
  let again = false;
  let ended = false;

  const change = async (): Promise<void> => {
    clearTimeout(quiet);
    clearTimeout(latest);
    latest = undefined;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      // Before it is read: what changes meanwhile is seen the next time.
      seen = await snapshotOf(folder);
      if ((await onChange()) === 'retry' && !ended) quiet = setTimeout(() => void change(), againMs).unref();
    } while (again && !ended);
    busy = false;
  };
  const soon = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(() => void change(), quietMs);
    latest ??= setTimeout(() => void change(), waitMaxMs);
  };
  const listen = (): void => {
    const giveUp = ({ code, message }: NodeJS.ErrnoException): void => {
      watcher?.close();
      watcher = undefined;
      onEvent(
        `the system does not tell of changes in the folder (${code ?? message}); it is looked at every ${intervalMs / 1_000} s instead`,
      );
    };
    try {
      watcher = open(folder, (file) => {
        if (!isOwn(file)) soon();
      });
      watcher.on('error', giveUp);
    } catch (error) {
      giveUp(error as NodeJS.ErrnoException);
    }
  };
  const look = async (): Promise<void> => {
    const now = await snapshotOf(folder);
    if (!busy && latest === undefined && seen !== undefined && now !== seen) soon();
    seen ??= now;
    if (!ended) poll = setTimeout(() => void look(), intervalMs).unref();
  };
  listen();
  void look();
  return () => {
    ended = true;
    watcher?.close();
    clearTimeout(quiet);
    clearTimeout(latest);
    clearTimeout(poll);
  };
}
