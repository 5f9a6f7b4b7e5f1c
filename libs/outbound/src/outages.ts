/** An endpoint whose process ends again and again, as the supervisor tells it. */
export interface Outage {
  readonly service: string;
  /** `host:port`. */
  readonly endpoint: string;
  /** What it ended with last, such as `SIGKILL` or `exit code 1`. */
  readonly ended: string;
  /** How often in a row. */
  readonly count: number;
  /** Milliseconds until it may be asked again, at the earliest. */
  readonly retryInMs: number;
}

/** An endpoint that is in a crash loop, as of now. */
export interface KnownOutage {
  readonly ended: string;
  readonly count: number;
  /** Milliseconds until it may be back; 0 when it is expected at any moment. */
  readonly remainingMs: number;
}

/** The endpoints whose processes end again and again, as the supervisor tells: nobody needs to find out by calls that are lost. */
export class Outages {
  readonly #now: () => number;
  /** By service and endpoint. */
  #known = new Map<string, Outage & { readonly until: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** These there are now, and no others. */
  replace(outages: readonly Outage[]): void {
    const now = this.#now();
    this.#known = new Map(
      outages.map((outage) => [keyOf(outage.service, outage.endpoint), { ...outage, until: now + outage.retryInMs }]),
    );
  }

  find(service: string, endpoint: string): KnownOutage | undefined {
    const known = this.#known.get(keyOf(service, endpoint));
    if (!known) return undefined;
    const { ended, count, until } = known;
    return { ended, count, remainingMs: Math.max(0, until - this.#now()) };
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }
}

const keyOf = (service: string, endpoint: string): string => `${service} ${endpoint}`;
