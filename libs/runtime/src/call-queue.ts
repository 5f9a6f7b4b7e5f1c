export interface BatchingOptions {
  /** Rows that a batch may have; a call of more is a batch of its own. */
  readonly maxRows: number;
  /** How long a batch may be waited for while a worker is free. 0: what waits when a worker is free is taken. */
  readonly maxQueueDelayMs: number;
  /** Sizes that end the wait at once, when there is one. */
  readonly preferredRows: readonly number[];
  /** A batch is filled up with zeros to the next of these; empty leaves it as it is. */
  readonly allowedRows: readonly number[];
}

/** What the queue looks at of a call that waits. */
export interface Waiting {
  /** Calls of one key may share a batch. */
  readonly key: string;
  /** Undefined never shares one. */
  readonly rows: number | undefined;
  /** Smaller numbers go first. */
  readonly priority: number;
  readonly waitedMs: () => number;
}

/** Calls that wait for a worker, by priority and then in order. */
export class CallQueue<Entry extends Waiting> {
  readonly #entries: Entry[] = [];
  #rows = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Rows that wait in all; a call of unknown rows counts for none. */
  get rows(): number {
    return this.#rows;
  }

  has = (entry: Entry): boolean => this.#entries.includes(entry);

  add(entry: Entry): void {
    const later = this.#entries.findLastIndex(({ priority }) => priority <= entry.priority);
    this.#entries.splice(later + 1, 0, entry);
    this.#rows += entry.rows ?? 0;
  }

  /** Answers whether it was there. */
  remove(entry: Entry): boolean {
    const index = this.#entries.indexOf(entry);
    if (index === -1) return false;
    this.#entries.splice(index, 1);
    this.#rows -= entry.rows ?? 0;
    return true;
  }

  drain(): Entry[] {
    this.#rows = 0;
    return this.#entries.splice(0);
  }

  /** The next batch, empty when nothing waits or when it has fewer than `rowsMin` rows; or the milliseconds that it is worth waiting for more. */
  take(batching: BatchingOptions | undefined, rowsMin = 0): Entry[] | number {
    const [oldest] = this.#entries;
    if (!oldest || !batching || oldest.rows === undefined) return rowsMin > 0 ? [] : this.#takeFirst();
    const { maxQueueDelayMs, maxRows, preferredRows } = batching;
    const taken = new Set<Entry>();
    let rows = 0;
    for (const entry of this.#entries) {
      if (entry.rows === undefined || entry.key !== oldest.key) continue;
      if (taken.size > 0 && rows + entry.rows > maxRows) break;
      taken.add(entry);
      rows += entry.rows;
    }
    if (rows < rowsMin) return [];
    const waitMs = maxQueueDelayMs - oldest.waitedMs();
    if (waitMs > 0 && rows < maxRows && !preferredRows.includes(rows)) return waitMs;
    const others = this.#entries.filter((entry) => !taken.has(entry));
    this.#entries.splice(0, this.#entries.length, ...others);
    this.#rows -= rows;
    return [...taken];
  }

  #takeFirst(): Entry[] {
    const first = this.#entries.splice(0, 1);
    this.#rows -= first[0]?.rows ?? 0;
    return first;
  }
}
