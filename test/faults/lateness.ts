import type { Remote } from '@sheaf/transport';
import { quantile } from './figures.ts';
import { monotonicMs } from './record.ts';

const intervalMs = 50;

/** How late the machine itself makes an answer, by the readiness of a gateway, which asks nobody: what else it does makes everything late. */
export class Lateness implements Disposable {
  readonly #asked: { readonly at: number; readonly tookMs: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(gateway: Pick<Remote, 'isServerReady'>) {
    this.#timer = setInterval(async () => {
      const at = monotonicMs();
      await gateway.isServerReady(1_000);
      this.#asked.push({ at, tookMs: monotonicMs() - at });
    }, intervalMs);
  }

  /** Of what was asked from `from` until `to`, 90 of 100 were answered within so many milliseconds. */
  p90(from: number, to: number): number {
    return quantile(this.#tookMs(from, to), 0.9);
  }

  /** The part of what was asked from `from` until `to` that took longer than that. 0 where nothing was asked. */
  partOver(limitMs: number, from: number, to: number): number {
    const all = this.#tookMs(from, to);
    return all.filter((tookMs) => tookMs > limitMs).length / Math.max(1, all.length);
  }

  #tookMs(from: number, to: number): number[] {
    return this.#asked.filter(({ at }) => at >= from && at < to).map(({ tookMs }) => tookMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
