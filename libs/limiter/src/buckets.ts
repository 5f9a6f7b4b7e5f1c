/** Buckets by key, never many more than a maximum: keys may be of callers' making. */

export interface Bucket {
  /** What is lost when it is forgotten: 0 when it is full or nobody holds anything of it. */
  worth(now: number): number;
  /** It is forgotten now. */
  forget(): void;
}

/** How many buckets are looked at for each one that must go. */
const looksMax = 64;
/** An eighth of 100,000 calls, each of which looks at 64, looks at all several times. */
const overshoot = 1.125;

export class Buckets<B extends Bucket> {
  readonly #byKey = new Map<string, B>();
  readonly #create: (key: string) => B;
  readonly #max: number;
  /** Goes round and round, so that all are looked at in turn. */
  #hand: MapIterator<[string, B]> = this.#byKey.entries();

  constructor(max: number, create: (key: string) => B) {
    this.#max = max;
    this.#create = create;
  }

  get size(): number {
    return this.#byKey.size;
  }

  getOrCreate(key: string): B {
    const known = this.#byKey.get(key);
    if (known) return known;
    const bucket = this.#create(key);
    this.#byKey.set(key, bucket);
    return bucket;
  }

  peek(key: string): B | undefined {
    return this.#byKey.get(key);
  }

  all(): Iterable<B> {
    return this.#byKey.values();
  }

  /** To be called when a call is decided, not in the middle of it: what it looks at must not go. */
  trim(now: number): void {
    while (this.#byKey.size > this.#max && this.#dropOne(now));
  }

  /**
   * The first that is worth nothing. Where there is none among those looked at, the hand goes on with the next call, until it has been round; only
   * then the one worth least of some must go.
   */
  #dropOne(now: number): boolean {
    let least: [string, B] | undefined;
    let leastWorth = Number.POSITIVE_INFINITY;
    for (let looks = 0; looks < looksMax && leastWorth > 0; looks++) {
      const entry = this.#next();
      if (!entry) return false;
      const worth = entry[1].worth(now);
      if (least && worth >= leastWorth) continue;
      least = entry;
      leastWorth = worth;
    }
    if (!least || (leastWorth > 0 && this.#byKey.size <= this.#max * overshoot)) return false;
    this.#byKey.delete(least[0]);
    least[1].forget();
    return true;
  }

  #next(): [string, B] | undefined {
    const next = this.#hand.next();
    if (!next.done) return next.value;
    this.#hand = this.#byKey.entries();
    return this.#hand.next().value;
  }
}
