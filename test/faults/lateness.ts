import type { Remote } from '@sheaf/transport';
import { quantile } from './figures.ts';

const intervalMs = 100;

/** How late the machine itself makes an answer, by the readiness of a gateway, which asks nobody: what else it does makes everything late. */
export class Lateness implements Disposable {
  readonly #door: Pick<Remote, 'isServerReady'>;
  readonly #times: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(door: Pick<Remote, 'isServerReady'>) {
    this.#door = door;
  }

  /** Asks from now on. */
  begin(): void {
    this.#timer = setInterval(async () => {
      const began = performance.now();
      await this.#door.isServerReady(1_000);
      this.#times.push(performance.now() - began);
    }, intervalMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** 90 of 100 were answered within so many milliseconds. */
  get p90(): number {
    return quantile(this.#times, 0.9);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}
