/** The API keys as they are now, whoever changed them; and for how long nobody has been able to tell. */
import { type Clock, InferError } from '@sheaf/inference';
import type { ApiKey, State } from '@sheaf/store';

/** How often it is asked whether the keys changed, besides when the state says so itself. */
const lookMs = 1_000;
/** After a look that failed the next one comes so soon; then twice as late each time, up to {@link lookMs}. */
const againMs = 100;
/** Keys of which nobody could tell for so long whether they still count do not. */
export const keysStaleMs = 10_000;

type LogKeys = (line: string, event: 'keys.readable' | 'keys.unreadable' | 'keys.fresh' | 'keys.stale') => void;

export interface KeyFollowerPorts {
  /** Monotonic. */
  readonly clock: Pick<Clock, 'now'>;
  readonly log: LogKeys;
  /** Whether any key counts at all; where none does, nobody need be able to tell. */
  readonly doCount: () => boolean;
  /** Told when `isFresh` answers something else than before. */
  readonly onFresh: () => void;
  /** What the log calls the process. Default `gateway`. */
  readonly process?: string;
}

export interface KeyFollower {
  /** By id. Throws UNAVAILABLE while nobody can tell which of them still count. */
  readonly now: () => ReadonlyMap<string, ApiKey>;
  readonly isFresh: () => boolean;
  readonly end: () => void;
}

/** Throws when they cannot be read at the start. */
export async function followKeys(
  { keys, onKeysChanged }: Pick<State, 'keys' | 'onKeysChanged'>,
  { clock, log, doCount, onFresh, process = 'gateway' }: KeyFollowerPorts,
): Promise<KeyFollower> {
  let known: ReadonlyMap<string, ApiKey> = new Map();
  let generation: number | undefined;
  let freshAt = Number.NEGATIVE_INFINITY;
  const read = async (): Promise<void> => {
    const at = clock.now();
    const current = await keys.generation();
    // Asked first: what changes between the two is seen at the next look.
    if (current !== generation) known = new Map((await keys.list()).map((key) => [key.id, key]));
    generation = current;
    freshAt = at;
  };
  await read();
  const looks = repeatLooks(read, log);
  const isFresh = (): boolean => !doCount() || clock.now() - freshAt <= keysStaleMs;
  // By itself: a look may hang for ever on a disk that is gone.
  const endTelling = tellFreshness(isFresh, process, log, onFresh);
  const endListening = onKeysChanged(looks.now);
  return {
    now: () => {
      if (isFresh()) return known;
      throw InferError.withoutStack('UNAVAILABLE', 'it cannot be told at the moment which API keys count', {
        reason: 'IDENTITY_UNAVAILABLE',
        progress: 'not-begun',
        retryAfterMs: lookMs,
      });
    },
    isFresh,
    end: () => {
      looks.end();
      endTelling();
      endListening();
    },
  };
}

interface Looks {
  /** One look at a time, and another one after it for whoever asks meanwhile. */
  readonly now: () => void;
  readonly end: () => void;
}

/** Reads again and again, until it is ended: every {@link lookMs}, and sooner after a look that failed. */
function repeatLooks(read: () => Promise<void>, log: LogKeys): Looks {
  let failing = false;
  let delayMs = againMs;
  let pending: Promise<void> | undefined;
  let isAskedAgain = false;
  let isOver = false;
  const look = async (): Promise<void> => {
    try {
      await read();
      if (failing) log('the keys can be read again', 'keys.readable');
      failing = false;
      delayMs = againMs;
    } catch (error) {
      if (isOver) return;
      const why = (error as Error).message;
      if (!failing) {
        const line = `the keys cannot be read (${why}); those from before count for ${keysStaleMs / 1000} s`;
        log(line, 'keys.unreadable');
      }
      failing = true;
      delayMs = Math.min(2 * delayMs, lookMs);
    }
  };
  const lookNow = (): void => {
    if (pending !== undefined) {
      isAskedAgain = true;
      return;
    }
    clearTimeout(timer);
    pending = look().finally(() => {
      pending = undefined;
      if (isOver) return;
      timer = setTimeout(lookNow, failing ? delayMs : isAskedAgain ? 0 : lookMs).unref();
      isAskedAgain = false;
    });
  };
  let timer = setTimeout(lookNow, lookMs).unref();
  return {
    now: lookNow,
    end: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/** Tells whenever `isFresh` answers something else than before, the log too; what it answers ends that. */
function tellFreshness(isFresh: () => boolean, process: string, log: LogKeys, onFresh: () => void): () => void {
  let wasFresh = true;
  const judge = setInterval(() => {
    if (isFresh() === wasFresh) return;
    wasFresh = !wasFresh;
    log(
      wasFresh
        ? `the ${process} is ready again: it knows which keys count`
        : `THE ${process.toUpperCase()} IS NOT READY: for ${keysStaleMs / 1000} s nobody could tell which keys have been revoked, so that no API key counts until the state can be read`,
      wasFresh ? 'keys.fresh' : 'keys.stale',
    );
    onFresh();
  }, lookMs).unref();
  return () => clearInterval(judge);
}
