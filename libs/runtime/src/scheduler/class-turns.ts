import { type Priority, priorities } from '@sheaf/inference';

/** What each class gets when all of them want more than there is: parts of the whole, whatever they add up to. */
export type Shares = Readonly<Record<Priority, number>>;

export const sharesDefault: Shares = { critical: 60, standard: 30, sheddable: 10 };

/**
 * Whose turn it is. Stride scheduling (C. Waldspurger, W. Weihl, Stride Scheduling, 1995): a class that was served moves on by what it took over its share,
 * and the one that would be least far with a row more goes next, the most important one of several. Who wants nothing gets nothing and saves nothing up, so
 * that the others have all of it, and a class that comes back waits for no more than the others' shares.
 */
export class ClassTurns {
  readonly #shares: Shares;
  readonly #passes: Record<Priority, number>;
  /** How far the one was that had its turn last. */
  #now: number;

  constructor(shares: Shares, passes: Readonly<Record<Priority, number>> = { critical: 0, standard: 0, sheddable: 0 }) {
    this.#shares = shares;
    this.#passes = { ...passes };
    this.#now = 0;
  }

  /** What would come, without that it comes. */
  copy(): ClassTurns {
    return new ClassTurns(this.#shares, this.#passes);
  }

  /** Undefined when none waits. */
  next(waits: (priority: Priority) => boolean): Priority | undefined {
    let next: Priority | undefined;
    for (const priority of priorities)
      if (waits(priority) && (next === undefined || this.#after(priority) < this.#after(next))) next = priority;
    return next;
  }

  /** How far it would be with one row more: of classes that come together, the one with the greatest share goes first. */
  #after(priority: Priority): number {
    return this.#passes[priority] + 1 / this.#shares[priority];
  }

  /** Nobody waits, so that nobody has had too much: of those that come next the most important goes first. */
  forget(): void {
    this.#now = 0;
    for (const priority of priorities) this.#passes[priority] = 0;
  }

  /** A class of which nothing waited wants something again. */
  wake(priority: Priority): void {
    this.#passes[priority] = Math.max(this.#passes[priority], this.#now);
  }

  took(priority: Priority, rows: number): void {
    this.#now = Math.max(this.#now, this.#passes[priority]);
    this.#passes[priority] += rows / this.#shares[priority];
  }
}
