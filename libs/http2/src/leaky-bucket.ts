/** Counts up by what comes and down with time, never below 0. */
import type { Rate } from './limits.ts';

export class LeakyBucket {
  readonly #max: number;
  readonly #perMs: number;
  #level = 0;
  #at: number;

  /** `now` is in milliseconds, on a clock that never goes back. */
  constructor({ max, perSecond }: Rate, now: number) {
    this.#max = max;
    this.#perMs = perSecond / 1_000;
    this.#at = now;
  }

  /** Answers whether it runs over. */
  add(amount: number, now: number): boolean {
    const left = this.#level - (now - this.#at) * this.#perMs;
    this.#at = now;
    this.#level = Math.max(left, 0) + amount;
    return this.#level > this.#max;
  }

  /** Takes out what has been earned. */
  give(amount: number): void {
    if (this.#level > 0) this.#level = this.#level > amount ? this.#level - amount : 0;
  }
}
