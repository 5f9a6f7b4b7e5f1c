/** Calls at the same time. Each holds a lease until it gives it back or, should its process forget, until the lease has run out. */
import { granted } from './verdicts.ts';

export class Leases {
  readonly #until = new Map<object, number>();
  /** No lease runs out before. May be too early, never too late, so that looking through all leases is rare. */
  #earliest = Number.POSITIVE_INFINITY;

  heldAt(now: number): number {
    if (now >= this.#earliest) this.#dropRunOut(now);
    return this.#until.size;
  }

  hold(lease: object, until: number): void {
    this.#until.set(lease, until);
    this.#earliest = Math.min(this.#earliest, until);
  }

  giveBack(lease: object): void {
    this.#until.delete(lease);
  }

  #dropRunOut(now: number): void {
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const [lease, until] of this.#until) {
      if (until <= now) this.#until.delete(lease);
      else this.#earliest = Math.min(this.#earliest, until);
    }
  }
}

/** Nobody knows when a call will end, so that there is nothing to wait for but luck: 0. */
export function concurrentWaitMs(held: number, max: number): number {
  if (max < 1) return Number.POSITIVE_INFINITY;
  return held + 1 <= max ? granted : 0;
}
