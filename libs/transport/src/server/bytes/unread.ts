/** Streams that nobody reads yet, while it is found out who calls: what they bring meanwhile is held, each up to its window. */
import { type Clock, monotonicClock } from '@sheaf/inference';

/** So few may each bring their window. */
const unlookedMax = 64;
/** Above that, what they have brought is looked at so often. */
const lookIntervalMs = 10;

/** As much of a call as is asked here. */
interface Unreadable {
  readonly unreadBytes: number;
}

export interface Unread {
  /** `drop` is called at most once, before `leave`: all of them together hold more than they may. */
  enter(stream: Unreadable, drop: () => void): void;
  leave(stream: Unreadable): void;
}

/** `bytesMax` is what all of them may hold. */
export function boundUnread(bytesMax: number, clock: Clock = monotonicClock): Unread {
  const streams = new Map<Unreadable, () => void>();
  let isWatched = false;
  const look = (): void => {
    isWatched = false;
    let bytes = 0;
    for (const [stream, drop] of streams) {
      bytes += stream.unreadBytes;
      if (bytes <= bytesMax) continue;
      bytes -= stream.unreadBytes;
      streams.delete(stream);
      drop();
    }
    watch();
  };
  const watch = (): void => {
    if (isWatched || streams.size <= unlookedMax) return;
    isWatched = true;
    clock.after(lookIntervalMs, look);
  };
  return {
    enter: (stream, drop) => {
      streams.set(stream, drop);
      watch();
    },
    leave: (stream) => streams.delete(stream),
  };
}
