/** Calls and the tries beyond the first, of one service, over a window. */
const windowMs = 10_000;
const buckets = 10;
const bucketMs = windowMs / buckets;
/** So many tries more than calls, in hundredths of the calls, */
const percent = 20;
/** but in any window so many are allowed. */
const floor = 3;

/** Keeps retries from becoming the load that they answer to: 20 % of the calls of the last 10 s, and never fewer than 3. */
export class RetryBudget {
  readonly #now: () => number;
  readonly #calls = new Float64Array(buckets);
  readonly #retries = new Float64Array(buckets);
  /** The number of the newest bucket, counted from the clock's 0. */
  #newest: number;

  /** `now` in milliseconds on a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
    this.#newest = Math.floor(now() / bucketMs);
  }

  /** A call begins. */
  count(): void {
    this.#turn();
    this.#add(this.#calls);
  }

  /** Whether one more try is allowed; it is counted then. */
  take(): boolean {
    this.#turn();
    const allowed = Math.max(floor, (sum(this.#calls) * percent) / 100);
    if (sum(this.#retries) + 1 > allowed) return false;
    this.#add(this.#retries);
    return true;
  }

  #add(counts: Float64Array): void {
    const at = this.#newest % buckets;
    counts[at] = (counts[at] ?? 0) + 1;
  }

  #turn(): void {
    const newest = Math.floor(this.#now() / bucketMs);
    for (let bucket = Math.max(this.#newest + 1, newest - buckets + 1); bucket <= newest; bucket++) {
      this.#calls[bucket % buckets] = 0;
      this.#retries[bucket % buckets] = 0;
    }
    this.#newest = newest;
  }
}

/** Callers that have a budget of their own; of one more, the oldest is forgotten. */
const callersMax = 256;

/** Each caller retries out of what its own calls have earned, so that those whose calls fail leave the others theirs. */
export class RetryBudgets {
  readonly #now: () => number;
  readonly #byCaller = new Map<string, RetryBudget>();

  /** `now` in milliseconds on a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  getOrCreate(caller: string): RetryBudget {
    const known = this.#byCaller.get(caller);
    if (known) return known;
    const budget = new RetryBudget(this.#now);
    this.#byCaller.set(caller, budget);
    const [oldest = caller] = this.#byCaller.keys();
    if (this.#byCaller.size > callersMax) this.#byCaller.delete(oldest);
    return budget;
  }
}

const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0);
