/** Streams that nobody reads yet, while it is found out who calls: what they bring meanwhile is held by Node, each up to its window. */
import type { ServerHttp2Stream } from 'node:http2';
import { type Clock, monotonicClock } from '@sheaf/inference';

/** So few may each bring their window. */
const unlookedMax = 64;
/** Above that, what they have brought is looked at so often. */
const lookIntervalMs = 10;

export interface Unread {
  /** `drop` is called at most once, before `leave`: all of them together hold more than they may. */
  enter(stream: ServerHttp2Stream, drop: () => void): void;
  leave(stream: ServerHttp2Stream): void;
}

/** `bytesMax` is what all of them may hold. */
export function boundUnread(bytesMax: number, clock: Clock = monotonicClock): Unread {
  const streams = new Map<ServerHttp2Stream, () => void>();
  let isWatched = false;
  const look = (): void => {
    isWatched = false;
    let bytes = 0;
    for (const [stream, drop] of streams) {
      bytes += stream.readableLength;
      if (bytes <= bytesMax) continue;
      bytes -= stream.readableLength;
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
