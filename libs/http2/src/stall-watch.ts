/** Tells when answers wait for a peer that does not read. */
import { limits } from './limits.ts';

export interface StallLimits {
  readonly stallMaxMs: number;
  readonly unsentBytesMax: number;
}

export class StallWatch {
  readonly #unread: Watch;
  readonly #overfull: Watch;
  readonly #unsentBytesMax: number;

  constructor({ stallMaxMs, unsentBytesMax }: StallLimits, now: number) {
    this.#unread = new Watch(stallMaxMs, now);
    this.#overfull = new Watch(limits.overfullMaxMs, now);
    this.#unsentBytesMax = unsentBytesMax;
  }

  /** To be asked a few times a second. `taken` counts up. */
  isStalled(waitingBytes: number, takenBytes: number, now: number): boolean {
    const isUnread = this.#unread.hasStalled(waitingBytes > 0, takenBytes, now);
    const isOverfull = this.#overfull.hasStalled(waitingBytes > this.#unsentBytesMax, takenBytes, now);
    return isUnread || isOverfull;
  }
}

class Watch {
  readonly #maxMs: number;
  /** Since when something waits, and what had been taken then; begins anew each time that enough was. */
  #since: number;
  #taken = 0;

  constructor(maxMs: number, now: number) {
    this.#maxMs = maxMs;
    this.#since = now;
  }

  hasStalled(isWaiting: boolean, takenBytes: number, now: number): boolean {
    const elapsed = now - this.#since;
    if (isWaiting && elapsed < this.#maxMs) return false;
    const isSlow = takenBytes - this.#taken < (elapsed / 1_000) * limits.takenBytesPerSecondMin;
    this.#since = now;
    this.#taken = takenBytes;
    return isWaiting && isSlow;
  }
}
