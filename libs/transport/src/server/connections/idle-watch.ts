import { connectionLimits } from './connection-limits.ts';

/** Tells when a connection has been without a call for too long. */
export class IdleWatch {
  #since: number | undefined;
  #maxMs: number = connectionLimits.greetingMaxMs;

  constructor(now: number) {
    this.#since = now;
  }

  /** It speaks HTTP/2. */
  greet(now: number): void {
    if (this.#since === undefined) return;
    this.#since = now;
    this.#maxMs = connectionLimits.firstCallMaxMs;
  }

  /** It has a call. */
  stop(): void {
    this.#since = undefined;
    this.#maxMs = connectionLimits.idleMaxMs;
  }

  /** Its last call is over. */
  start(now: number): void {
    this.#since = now;
  }

  /** The request of a call never came. */
  giveUp(): void {
    this.#maxMs = connectionLimits.abandonedMaxMs;
  }

  isOver(now: number): boolean {
    return this.#since !== undefined && now - this.#since >= this.#maxMs;
  }
}
