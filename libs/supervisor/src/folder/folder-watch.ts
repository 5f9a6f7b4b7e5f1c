import { type FSWatcher, watch } from 'node:fs';
import type { OnEvent } from '@sheaf/inference';
import { snapshotOf } from '@sheaf/mesh';

/** A file is often written in several steps; a folder is read once it has been quiet this long. */
const quietMs = 200;
/** And after so long at the latest: a copy that takes an hour is no reason to leave a right in force that was taken away. */
const waitMaxMs = 2_000;
/** A folder is looked at so often whether or not the system tells of changes: it tells none of network file systems, of some mounts, and behind links. */
const pollMs = 2_000;

/** A change that could not be taken up, for a reason that may pass, is tried again after this. */
const retryMs = 10_000;

export interface FolderWatchOptions {
  /** Called again only when what it answers has resolved; `retry` has it called again in a while, though nothing has changed since. */
  readonly onChange: () => Promise<'done' | 'retry'>;
  readonly onEvent: OnEvent;
  /** A snapshot of the folder from when it was read. Default: one is taken at first. */
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

/** Says whether a file is the mesh's own, such as its socket. Names that begin with two dots are how Kubernetes swaps what it has mounted. */
const isOwn = (file: string | null): boolean => file !== null && /^\.[^.]/.test(file);

/**
 * Tells of changes in a folder: at once where the system does, else within moments. The system may have no room for that (ENOSPC, EMFILE), and a folder may
 * go and come back; both end nothing. What it answers ends it.
 */
export function watchFolder(folder: string, options: FolderWatchOptions): () => void {
  const watcher = new FolderWatch(folder, options);
  watcher.start();
  return () => watcher.end();
}

class FolderWatch {
  readonly #folder: string;
  readonly #options: FolderWatchOptions;
  readonly #pollMs: number;
  #watcher: FSWatcher | undefined;
  /** Runs until the folder has been quiet for long enough, or a change is tried again. */
  #quiet: NodeJS.Timeout | undefined;
  /** Runs from the first change on that is not taken up yet. */
  #latest: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #seen: string | undefined;
  #isBusy = false;
  #isChangedAgain = false;
  #isEnded = false;

  constructor(folder: string, options: FolderWatchOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#pollMs = options.pollMs ?? pollMs;
    this.#seen = options.seen;
  }

  start(): void {
    this.#listen();
    void this.#look();
  }

  end(): void {
    this.#isEnded = true;
    this.#watcher?.close();
    for (const timer of [this.#quiet, this.#latest, this.#poll]) clearTimeout(timer);
  }

  #listen(): void {
    const { watchFolder: open = bySystem } = this.#options;
    try {
      this.#watcher = open(this.#folder, (file) => {
        if (!isOwn(file)) this.#soon();
      });
      this.#watcher.on('error', (error) => this.#giveUp(error));
    } catch (error) {
      this.#giveUp(error as NodeJS.ErrnoException);
    }
  }

  #giveUp({ code, message }: NodeJS.ErrnoException): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#options.onEvent(
      `the system does not tell of changes in the folder (${code ?? message}); it is looked at every ${this.#pollMs / 1_000} s instead`,
      'watch.poll-only',
      { code },
    );
  }

  async #look(): Promise<void> {
    const now = await snapshotOf(this.#folder);
    if (!this.#isBusy && this.#latest === undefined && this.#seen !== undefined && now !== this.#seen) this.#soon();
    this.#seen ??= now;
    if (!this.#isEnded) this.#poll = setTimeout(() => void this.#look(), this.#pollMs).unref();
  }

  #soon(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.#change(), quietMs);
    this.#latest ??= setTimeout(() => void this.#change(), waitMaxMs);
  }

  async #change(): Promise<void> {
    clearTimeout(this.#quiet);
    clearTimeout(this.#latest);
    this.#latest = undefined;
    if (this.#isBusy) {
      this.#isChangedAgain = true;
      return;
    }
    this.#isBusy = true;
    do {
      this.#isChangedAgain = false;
      // Before it is read: what changes meanwhile is seen the next time.
      this.#seen = await snapshotOf(this.#folder);
      if ((await this.#options.onChange()) === 'retry' && !this.#isEnded) this.#tryAgain();
    } while (this.#isChangedAgain && !this.#isEnded);
    this.#isBusy = false;
  }

  #tryAgain(): void {
    const { retryMs: againMs = retryMs } = this.#options;
    this.#quiet = setTimeout(() => void this.#change(), againMs).unref();
  }
}
