/** The first wait; each further one is so many times the one before, up to the last. */
const firstMs = 100;
const factor = 4;
const lastMs = 30_000;
/** A process that has lived so long was well: what comes after is a new story. */
const wellAfterMs = 30_000;
/** No more restarts than this in any window, whatever the waits. */
const restartsMax = 5;
const windowMs = 60_000;

export interface BackOffPorts {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Decides when a process that ended is started again: after 100 ms, then four times as long each time, up to 30 s, of which a random half is taken off, so that
 * processes that ended together do not start together ("equal jitter", Exponential Backoff And Jitter, AWS 2015). At most 5 restarts in any minute. From the
 * first wait again once it has lived for 30 s.
 */
export class BackOff {
  readonly #ports: BackOffPorts;
  #inARow = 0;
  /** The times of the last restarts, the newest last. */
  readonly #restarts: number[] = [];

  constructor(ports: BackOffPorts) {
    this.#ports = ports;
  }

  /** The number of ends since it was well. */
  get inARow(): number {
    return this.#inARow;
  }

  /** It ended after `livedMs`; answers the milliseconds after which it is to be started again. */
  ended(livedMs: number): number {
    const { now, random } = this.#ports;
    if (livedMs >= wellAfterMs) this.#inARow = 0;
    const wholeMs = Math.min(firstMs * factor ** this.#inARow, lastMs);
    this.#inARow++;
    const at = now();
    const [oldest] = this.#restarts.length === restartsMax ? this.#restarts.splice(0, 1) : [];
    const allowedAt = oldest === undefined ? at : oldest + windowMs;
    const delayMs = Math.ceil(Math.max(wholeMs * (1 - random() / 2), allowedAt - at));
    this.#restarts.push(at + delayMs);
    return delayMs;
  }
}
