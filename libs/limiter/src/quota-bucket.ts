/**
 * A quota as one process sees it. Without a book it counts alone. With one it reserves ahead in chunks and hands out what it has reserved, so that
 * all processes together never hand out more than the book has, and one that is killed takes at most a chunk with it.
 */
import type { QuotaBook } from '@sheaf/store';
import type { Bucket } from './buckets.ts';
import type { QuotaWindow, Standing } from './limiter.ts';
import type { PendingTake, QuotaTake } from './pending-take.ts';
import { chunkOf, isIn, quotaStanding, quotaWaitMs, type Window, windowAt } from './quota-window.ts';
import { short, shut } from './verdicts.ts';

/** How long what the book has refused counts as used up: others may give back, but whoever is refused should not make us ask each time. */
const barredMs = 1000;

export interface QuotaOptions {
  readonly book: QuotaBook | undefined;
  readonly wallNow: () => number;
}

export class QuotaBucket implements Bucket {
  readonly #key: string;
  readonly #kind: QuotaWindow;
  readonly #options: QuotaOptions;
  #window: Window;
  /** By everyone, as far as we know. */
  used = 0;
  /** By the call that is being decided. */
  asked = 0;
  #max = 0;
  /** Reserved and not used; below 0: calls have cost more than was reserved. */
  #unused = 0;
  /** Costs of the calls that wait for the book. */
  #waiting = 0;
  #pending: Promise<void> | undefined;
  /** What was given back has arrived. */
  #returned: Promise<void> = Promise.resolve();
  #barredUntil = Number.NEGATIVE_INFINITY;
  #barredBy: 'book-empty' | 'book-broken' = 'book-empty';
  /** What we know of when the book has no more: reserved, or given back by us. For no more than that it is asked all the same. */
  #barredBeyond = 0;
  /** Keeps nothing any more. */
  #ended = false;

  constructor(kind: QuotaWindow, key: string, options: QuotaOptions) {
    this.#kind = kind;
    this.#key = key;
    this.#options = options;
    this.#window = windowAt(kind, options.wallNow());
  }

  /** What comes to whom asks for `cost`, when earlier takes of the same call have asked for `asked`. */
  waitMs(cost: number, max: number): number {
    const wall = this.roll();
    this.#max = max;
    const msToEnd = this.#window.endsAt - wall;
    if (!this.#options.book || cost > max) return quotaWaitMs(this.used + this.asked, cost, max, msToEnd);
    if (cost === 0 || this.asked + cost <= this.#unused) return quotaWaitMs(0, cost, max, msToEnd);
    if (this.asked + cost <= this.#barredBeyond) return short;
    if (wall >= this.#barredUntil || wall < this.#barredUntil - barredMs) return short;
    return this.#barredBy === 'book-broken' ? shut : msToEnd;
  }

  charge(amount: number): void {
    this.used = Math.max(0, this.used + amount);
    if (!this.#options.book) return;
    this.#unused -= amount;
    this.#barredBeyond -= amount;
    if (this.#unused < 0) void this.reserve(0);
    else this.#giveBackBeyond(chunkOf(this.#max));
  }

  /** Resolves when the book has been asked, for this and whoever else waits; then try again, and leave. Never rejects. */
  reserve(cost: number): Promise<void> {
    this.#waiting += cost;
    // Not at once, so that the calls that come at the same time are in it.
    this.#pending ??= Promise.resolve().then(() => this.#askBook());
    return this.#pending;
  }

  /** Whoever has waited with `reserve` has been decided. */
  leave(cost: number): void {
    this.#waiting = Math.max(0, this.#waiting - cost);
    this.#giveBackBeyond(chunkOf(this.#max));
  }

  async #askBook(): Promise<void> {
    const { book, wallNow } = this.#options;
    const window = this.#window;
    const amount = Math.max(chunkOf(this.#max), Math.ceil(this.#waiting - this.#unused));
    try {
      const reserved = await book?.reserve(this.#key, window.name, amount, this.#max);
      if (reserved === undefined) return;
      if (window !== this.#window) return await book?.giveBack(this.#key, window.name, reserved);
      this.#unused += reserved;
      const used = reserved < amount ? this.#max : ((await book?.used(this.#key, window.name)) ?? 0);
      if (window !== this.#window) return;
      if (used >= this.#max) this.#bar('book-empty', wallNow(), this.#unused);
      this.used = Math.max(0, used - this.#unused);
    } catch {
      // A file that is locked, a disk that is full: the store tells of it; here it means that nothing can be promised.
      this.#bar('book-broken', wallNow(), 0);
    } finally {
      this.#pending = undefined;
      if (this.#ended) this.#giveBackBeyond(0);
    }
  }

  #bar(by: 'book-empty' | 'book-broken', wall: number, beyond: number): void {
    this.#barredUntil = wall + barredMs;
    this.#barredBeyond = beyond;
    this.#barredBy = by;
  }

  /** Others may need it; not while calls wait for it. What cannot be given back is lost to the callers, at most a chunk. */
  #giveBackBeyond(chunk: number): void {
    const kept = this.#ended ? 0 : chunk;
    const amount = this.#unused - kept;
    if (amount <= 0 || this.#pending || (this.#waiting > 0 && !this.#ended)) return;
    this.#unused = kept;
    this.#returned = this.#tell(this.#window, amount);
  }

  async #tell(window: Window, amount: number): Promise<void> {
    const before = this.#returned;
    try {
      await this.#options.book?.giveBack(this.#key, window.name, amount);
    } catch {
      // See #giveBackBeyond.
    }
    await before;
  }

  /** To the window of now. Answers the wall time. */
  roll(): number {
    const wall = this.#options.wallNow();
    if (isIn(this.#window, wall)) return wall;
    if (this.#unused > 0) this.#returned = this.#tell(this.#window, this.#unused);
    this.#window = windowAt(this.#kind, wall);
    this.used = 0;
    this.#unused = 0;
    this.#barredUntil = Number.NEGATIVE_INFINITY;
    this.#barredBeyond = 0;
    return wall;
  }

  get window(): Window {
    return this.#window;
  }

  /** As the book says, which knows of the other processes too. */
  async bookStanding(max: number): Promise<Standing> {
    const wall = this.roll();
    const used = await this.#options.book?.used(this.#key, this.#window.name);
    if (used !== undefined) this.used = Math.max(0, used - this.#unused);
    return quotaStanding(this.used, max, this.#window.endsAt - wall);
  }

  standing(max: number): Standing {
    const wall = this.roll();
    return quotaStanding(this.used, max, this.#window.endsAt - wall);
  }

  worth(): number {
    this.roll();
    return this.#waiting > 0 || this.#pending !== undefined ? Number.POSITIVE_INFINITY : this.used;
  }

  forget(): void {
    this.#ended = true;
    this.#giveBackBeyond(0);
  }

  async close(): Promise<void> {
    this.forget();
    await this.#pending;
    await this.#returned;
  }
}

export class PendingQuota implements PendingTake {
  readonly take: QuotaTake;
  readonly bucket: QuotaBucket;
  #window: Window | undefined;

  constructor(take: QuotaTake, bucket: QuotaBucket) {
    this.take = take;
    this.bucket = bucket;
  }

  ask(): number {
    const waitMs = this.bucket.waitMs(this.take.cost, this.take.max);
    this.bucket.asked += this.take.cost;
    return waitMs;
  }

  drop(): void {
    this.bucket.asked = 0;
  }

  grant(): void {
    this.drop();
    this.#window = this.bucket.window;
    this.bucket.charge(this.take.cost);
  }

  /** What a day has cost is no business of the next one. */
  settle(_now: number, difference: number): void {
    this.bucket.roll();
    if (difference !== 0 && this.#window === this.bucket.window) this.bucket.charge(difference);
  }

  standing(): Standing {
    return this.bucket.standing(this.take.max);
  }
}
