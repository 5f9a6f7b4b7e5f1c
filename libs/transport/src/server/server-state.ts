import { InferError } from '@sheaf/inference';

/**
 * How far a server is. `opening`: not yet. `open`. `leaving`: it says that it is not ready, and answers as before whoever has not heard it.
 * `draining`: new calls are refused, those that are in are answered.
 */
export type ServerPhase = 'opening' | 'open' | 'leaving' | 'draining';

/** Of one server: its phase, and the inferences that are in. */
export class ServerState {
  phase: ServerPhase = 'opening';
  #calls = 0;
  readonly #onIdle: (() => void)[] = [];

  get isReady(): boolean {
    return this.phase === 'open';
  }

  get calls(): number {
    return this.#calls;
  }

  /** Every call that enters leaves, also one that is refused. */
  enter(): void {
    this.#calls++;
  }

  leave(): void {
    this.#calls--;
    if (this.#calls === 0) for (const tell of this.#onIdle.splice(0)) tell();
  }

  /** Resolves when no call is in. */
  idle(): Promise<void> {
    return this.#calls === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Throws for a call that may not come in now; nothing of it has begun, so that it may be tried elsewhere. */
  checkAdmits(): void {
    switch (this.phase) {
      case 'opening':
        throw InferError.withoutStack('UNAVAILABLE', 'the server is not ready', {
          reason: 'NOT_READY',
          progress: 'not-begun',
          retryAfterMs: 100,
        });
      case 'draining':
        throw InferError.withoutStack('UNAVAILABLE', 'the server is shutting down', {
          reason: 'DRAINING',
          progress: 'not-begun',
          retryAfterMs: 0,
        });
      case 'open':
      case 'leaving':
    }
  }
}
