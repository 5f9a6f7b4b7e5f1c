import type { Outage } from '@sheaf/host';
import type { CrashLoop } from './crash-watch.ts';

/** Knows which endpoints of the services are in a crash loop now. */
export class OutageBoard {
  /** The outages by endpoint, each with the time until which it stays as it is. */
  readonly #outages = new Map<string, Outage & { readonly until: number }>();
  readonly #onChange: () => void;
  readonly #now: () => number;

  constructor(onChange: () => void, now: () => number = () => performance.now()) {
    this.#onChange = onChange;
    this.#now = now;
  }

  set(service: string, endpoint: string, loop: CrashLoop | undefined): void {
    if (loop) this.#outages.set(endpoint, { service, endpoint, ...loop, until: this.#now() + loop.retryInMs });
    else this.#outages.delete(endpoint);
    this.#onChange();
  }

  /** The outages as they are to be told at this moment. */
  get outages(): readonly Outage[] {
    return [...this.#outages.values()].map(({ until, ...outage }) => ({
      ...outage,
      retryInMs: Math.max(0, Math.ceil(until - this.#now())),
    }));
  }
}
