import type { InferError } from '@sheaf/inference';

/** How long nobody knows what still runs of a call that was left: a breaker looks back no further. */
const unknownMs = 10_000;

/** How the work of one call ended; `left`: nobody waits for it any more, and the endpoint may be at it still. */
export type WorkEnd = 'answered' | 'failed' | 'left';

export function workEndOf(error: InferError | undefined): WorkEnd {
  if (!error) return 'answered';
  return error.code === 'DEADLINE_EXCEEDED' || error.code === 'CANCELLED' ? 'left' : 'failed';
}

/** One call, until it ends. */
export interface Work {
  end(how: WorkEnd, now: number): void;
}

/**
 * What an endpoint has to do before a call that comes now, by what its calls usually take: those that are on their way, and what it may be doing for those
 * that were left, until it has answered a later one. Times in milliseconds on a monotonic clock.
 */
export class WorkAhead {
  #calls = 0;
  #ms = 0;
  /** Calls that nobody knows of how long they take. */
  #unknown = 0;
  /** Of calls that were left, as of then; it is done as time goes. */
  #leftMs = 0;
  #leftAt = Number.NEGATIVE_INFINITY;
  #unknownUntil = Number.NEGATIVE_INFINITY;

  /** Calls that are on their way. */
  get calls(): number {
    return this.#calls;
  }

  /** Undefined when nobody knows. */
  ms(now: number): number | undefined {
    return this.#unknown > 0 || now < this.#unknownUntil ? undefined : this.#ms + this.#left(now);
  }

  begin(usualMs: number | undefined, now: number): Work {
    const startedAt = now;
    this.#calls++;
    if (usualMs === undefined) this.#unknown++;
    else this.#ms += usualMs;
    return {
      end: (how, endedAt) => {
        this.#calls--;
        if (usualMs === undefined) this.#unknown--;
        else this.#ms -= usualMs;
        if (this.#calls === 0) this.#ms = 0;
        if (how === 'left') this.#leave(usualMs, endedAt);
        if (how === 'answered' && startedAt >= this.#leftAt) this.#forgetLeft();
      },
    };
  }

  #left(now: number): number {
    return Math.max(0, this.#leftMs - (now - this.#leftAt));
  }

  #leave(usualMs: number | undefined, now: number): void {
    if (usualMs === undefined) this.#unknownUntil = now + unknownMs;
    this.#leftMs = this.#left(now) + (usualMs ?? 0);
    this.#leftAt = now;
  }

  #forgetLeft(): void {
    this.#leftMs = 0;
    this.#unknownUntil = Number.NEGATIVE_INFINITY;
  }
}
