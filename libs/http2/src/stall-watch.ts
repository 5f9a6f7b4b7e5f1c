/** Finds answers that wait for a peer that does not take them: those of one stream, which is reset, and those of a whole connection. */
import { limits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { Sender } from './sender.ts';
import type { Stream } from './stream.ts';
import { type ErrorCode, errorCodes } from './types.ts';

export interface StallLimits {
  readonly stallMaxMs: number;
  readonly unsentBytesMax: number;
}

/** The view of a connection that is needed here. */
export interface StallOwner {
  /** When something last came. */
  readonly lastReadAtMs: number;
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly lives: {
    readonly open: { readonly size: number; forEach(visit: (stream: Stream) => void): void };
    reset(stream: Stream, code: ErrorCode): void;
  };
}

/**
 * What waits is with the socket, or has no window. The first is judged by all bytes that the socket gets rid of, since they go in order. The second is judged
 * by DATA alone: a peer that asks for other frames takes none of what waits.
 */
export class StallWatch {
  readonly #owner: StallOwner;
  readonly #limits: StallLimits;
  readonly #socket: Watch;
  readonly #turns: Watch;
  readonly #overfullSocket: Watch;
  readonly #overfullWindows: Watch;
  #at: number;
  /** For how long nothing has come. */
  #quietMs = 0;
  #lastReadAtMs = 0;

  constructor(owner: StallOwner, stallLimits: StallLimits, now: number) {
    this.#owner = owner;
    this.#limits = stallLimits;
    this.#socket = new Watch(stallLimits.stallMaxMs);
    this.#turns = new Watch(stallLimits.stallMaxMs);
    this.#overfullSocket = new Watch(limits.overfullMaxMs);
    this.#overfullWindows = new Watch(limits.overfullMaxMs);
    this.#at = now;
  }

  /** To be asked a few times a second: resets the streams that have stalled, and answers whether the connection has. */
  isStalled(now: number): boolean {
    const { outbox, sender } = this.#owner;
    const elapsed = now - this.#at;
    this.#at = now;
    this.#quietMs = this.#owner.lastReadAtMs === this.#lastReadAtMs ? this.#quietMs + elapsed : 0;
    this.#lastReadAtMs = this.#owner.lastReadAtMs;
    const inSocket = outbox.pendingBytes + outbox.socketBytes;
    const isOverfull = sender.unsentBytes + inSocket > this.#limits.unsentBytesMax;
    // While the socket is full nobody can tell who would take what.
    const { hasRoom } = outbox;
    const { takenBytes } = outbox;
    const stalled = [
      this.#socket.hasStalled(inSocket > 0 || undefined, elapsed, takenBytes),
      this.#overfullSocket.hasStalled((isOverfull && inSocket > 0) || undefined, elapsed, takenBytes),
      this.#overfullWindows.hasStalled(isOverfull ? hasRoom : undefined, elapsed, sender.sentBytes),
      this.#turns.hasStalled(
        sender.unsentBytes > 0 ? sender.hasTurns && hasRoom : undefined,
        elapsed,
        sender.takenBytes,
      ),
    ].includes(true);
    if (sender.unsentBytes > 0 && hasRoom && !stalled) return this.#resetStalled(elapsed);
    return stalled;
  }

  /**
   * Resets those whose own window is used up; what has window waits for that of the connection, or for its turn. Answers whether the connection had nothing
   * else, and its peer has said nothing meanwhile: then it has stalled too.
   */
  #resetStalled(elapsed: number): boolean {
    const { lives } = this.#owner;
    const { stallMaxMs } = this.#limits;
    let hasReset = false;
    lives.open.forEach((stream) => {
      if (stream.unsentBytes === 0 || stream.isReady) return;
      stream.stalledMs += elapsed;
      if (stream.stalledMs < stallMaxMs) return;
      if (isSlow(stream.takenBytes, stream.stalledMs)) {
        hasReset = true;
        lives.reset(stream, errorCodes.ENHANCE_YOUR_CALM);
      }
      stream.stalledMs = 0;
      stream.takenBytes = 0;
    });
    return hasReset && lives.open.size === 0 && this.#quietMs >= stallMaxMs / 2;
  }
}

const isSlow = (bytes: number, ms: number): boolean => bytes < (ms / 1_000) * limits.takenBytesPerSecondMin;

class Watch {
  readonly #maxMs: number;
  /** For how long something has waited, and what had been taken when that began; begins anew each time that enough was. */
  #waitedMs = 0;
  #taken = 0;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** `isWaiting` is undefined where nothing is left that waited; where it is false, the time since the last look does not count. `taken` counts up. */
  hasStalled(isWaiting: boolean | undefined, elapsed: number, taken: number): boolean {
    if (isWaiting) this.#waitedMs += elapsed;
    if (isWaiting !== undefined && this.#waitedMs < this.#maxMs) return false;
    const hasStalled = isWaiting === true && isSlow(taken - this.#taken, this.#waitedMs);
    this.#waitedMs = 0;
    this.#taken = taken;
    return hasStalled;
  }
}
