import { type Priority, priorities } from '@sheaf/inference';
import { ClassTurns, type Shares, sharesDefault } from './class-turns.ts';

export interface BatchingOptions {
  /** Rows that a batch may have; a call of more is a batch of its own. */
  readonly maxRows: number;
  /** How long a batch may be waited for while a worker is free. 0: what waits when a worker is free is taken. */
  readonly maxQueueDelayMs: number;
  /** Sizes that end the wait at once, when there is one. */
  readonly preferredRows: readonly number[];
  /** A batch is filled up with zeros to the next of these; empty leaves it as it is. */
  readonly allowedRows: readonly number[];
  /** The word of the model's author that its rows are independent, whatever was seen of them. Default false. */
  readonly rowsIndependent?: boolean;
}

export interface QueueOptions {
  /** Calls that may wait; of one more, the one that matters least is refused. */
  readonly callsMax: number;
  /** Of its places and of what is run, when the classes together want more than there is. */
  readonly shares: Shares;
}

export const queueDefault: QueueOptions = { callsMax: 256, shares: sharesDefault };

/**
 * A deadline comes as the time that is left, so the parts of one request have deadlines that differ by what they were on their way. Who comes earlier is not
 * overtaken for the sake of so little.
 */
export const deadlineToleranceMs = 5;

/** What the queue looks at of a call that waits. */
export interface Waiting {
  /** Calls of one key may share a batch. */
  readonly key: string;
  /** Undefined never shares one. */
  readonly rows: number | undefined;
  /** Shares none either. */
  readonly isolated: boolean;
  readonly priority: Priority;
  /** Within its class: smaller numbers go first. */
  readonly level: number;
  /** Of calls that are alike in all of that, the one with the earliest goes first. */
  readonly deadline: number;
  readonly waitedMs: () => number;
}

/** Calls that wait for a worker: by class and its share, then by level, then by deadline, then by arrival. */
export class CallQueue<Entry extends Waiting> {
  readonly #classes: Readonly<Record<Priority, Entry[]>> = { critical: [], standard: [], sheddable: [] };
  /** By which each waits: its deadline, or the later one of an earlier call that it is not to overtake. In order, so that nothing is compared twice. */
  readonly #dueBy = new WeakMap<Entry, number>();
  readonly #options: QueueOptions;
  readonly #turns: ClassTurns;
  #size = 0;
  #rows = 0;
  #soonest = Number.POSITIVE_INFINITY;

  constructor(options: QueueOptions = queueDefault) {
    this.#options = options;
    this.#turns = new ClassTurns(options.shares);
  }

  get size(): number {
    return this.#size;
  }

  /** Rows that wait in all; a call of unknown rows counts for none. */
  get rows(): number {
    return this.#rows;
  }

  /** No call that waits has an earlier deadline. */
  get soonest(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#soonest;
  }

  has = (entry: Entry): boolean => this.#classes[entry.priority].includes(entry);

  add(entry: Entry): void {
    const waiting = this.#classes[entry.priority];
    if (this.#size === 0) this.#turns.forget();
    if (waiting.length === 0) this.#turns.wake(entry.priority);
    const latest = entry.deadline + deadlineToleranceMs;
    const index = waiting.findLastIndex((other) =>
      other.level === entry.level ? this.#dueByOf(other) <= latest : other.level < entry.level,
    );
    const before = waiting[index];
    const isAlike = before?.level === entry.level;
    this.#dueBy.set(entry, isAlike ? Math.max(entry.deadline, this.#dueByOf(before)) : entry.deadline);
    waiting.splice(index + 1, 0, entry);
    this.#soonest = Math.min(this.soonest, entry.deadline);
    this.#size++;
    this.#rows += entry.rows ?? 0;
  }

  /** Answers whether it was there. */
  remove(entry: Entry): boolean {
    const waiting = this.#classes[entry.priority];
    const index = waiting.indexOf(entry);
    if (index === -1) return false;
    waiting.splice(index, 1);
    this.#size--;
    this.#rows -= entry.rows ?? 0;
    return true;
  }

  /** The calls of a class that wait, in the order in which they would be taken. */
  waiting(priority: Priority): readonly Entry[] {
    return [...this.#classes[priority]];
  }

  drain(): Entry[] {
    const all = priorities.flatMap((priority) => this.#classes[priority].splice(0));
    this.#size = 0;
    this.#rows = 0;
    return all;
  }

  /** All that wait, as they would be taken one by one; nothing is. */
  *inOrder(): Generator<Entry, undefined> {
    const turns = this.#turns.copy();
    const at: Record<Priority, number> = { critical: 0, standard: 0, sheddable: 0 };
    const waits = (priority: Priority): boolean => at[priority] < this.#classes[priority].length;
    for (let priority = turns.next(waits); priority; priority = turns.next(waits)) {
      const entry = this.#classes[priority][at[priority]++] as Entry;
      turns.took(priority, entry.rows ?? 1);
      yield entry;
    }
  }

  /** Who has to go when one waits too many: the last of the least important class that has more than its share of the places. */
  get surplus(): Entry | undefined {
    const { callsMax, shares } = this.#options;
    if (this.#size <= callsMax) return undefined;
    const whole = shares.critical + shares.standard + shares.sheddable;
    const above = priorities.findLast(
      (priority) => this.#classes[priority].length > Math.floor((callsMax * shares[priority]) / whole),
    );
    return above && this.#classes[above].at(-1);
  }

  /** The next batch, empty when nothing waits or when it has fewer than `rowsMin` rows; or the milliseconds that it is worth waiting for more. */
  take(batching: BatchingOptions | undefined, rowsMin = 0): Entry[] | number {
    const order = this.inOrder();
    const first = order.next().value;
    if (!first) return [];
    if (!batching || first.rows === undefined) return rowsMin > 0 ? [] : this.#took([first]);
    if (first.isolated) return first.rows < rowsMin ? [] : this.#took([first]);
    const { maxQueueDelayMs, maxRows, preferredRows } = batching;
    const taken = [first];
    let rows = first.rows;
    for (const entry of order) {
      if (rows >= maxRows) break;
      if (entry.rows === undefined || entry.isolated || entry.key !== first.key) continue;
      if (rows + entry.rows > maxRows) break;
      taken.push(entry);
      rows += entry.rows;
    }
    if (rows < rowsMin) return [];
    if (maxQueueDelayMs > 0 && rows < maxRows && !preferredRows.includes(rows)) {
      const waitMs = maxQueueDelayMs - Math.max(...taken.map((entry) => entry.waitedMs()));
      if (waitMs > 0) return waitMs;
    }
    return this.#took(taken);
  }

  #dueByOf(entry: Entry): number {
    return this.#dueBy.get(entry) ?? entry.deadline;
  }

  #took(taken: Entry[]): Entry[] {
    for (const { priority, rows = 1 } of taken) this.#turns.took(priority, rows);
    const gone = new Set(taken);
    for (const priority of priorities) {
      const waiting = this.#classes[priority];
      if (!taken.some((entry) => entry.priority === priority)) continue;
      waiting.splice(0, waiting.length, ...waiting.filter((entry) => !gone.has(entry)));
    }
    this.#size -= taken.length;
    this.#rows -= taken.reduce((total, { rows = 0 }) => total + rows, 0);
    this.#soonest = Number.POSITIVE_INFINITY;
    for (const priority of priorities)
      for (const { deadline } of this.#classes[priority]) this.#soonest = Math.min(this.#soonest, deadline);
    return taken;
  }
}
