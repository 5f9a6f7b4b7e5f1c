/** Limits in the memory of this process. Deciding is synchronous and therefore atomic; only a quota whose reserve has run out waits, for the book. */
import type { QuotaBook } from '@sheaf/store';
import { Buckets } from './buckets.ts';
import { checkTakes, differenceOf } from './check-takes.ts';
import type { Limiter, Receipt, Standing, Take, Verdict } from './limiter.ts';
import { LeaseBucket, PendingConcurrent, PendingRate, type PendingTake, RateBucket } from './pending-take.ts';
import { PendingQuota, QuotaBucket } from './quota-bucket.ts';
import { closed, granted, refusal, short, shut } from './verdicts.ts';

/** Of each kind: some 20 MB when all are in use. Beyond it those that are full go first, then those of which least is taken. */
const bucketsMax = 100_000;

/** How often a call goes to the book when others are always quicker; one time nearly always does. */
const reservationsMax = 10;

export interface MemoryLimiterOptions {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Milliseconds since the epoch, for days and months. */
  readonly wallNow: () => number;
  /** Shared with other processes and kept over restarts; without one, quotas start again with the process. */
  readonly quotas?: QuotaBook;
  /** Of each kind. Default 100,000. */
  readonly bucketsMax?: number;
}

class MemoryReceipt implements Receipt {
  readonly takes: readonly Take[];
  /** Empty once settled. */
  pending: readonly PendingTake[];

  constructor(takes: readonly Take[], pending: readonly PendingTake[]) {
    this.takes = takes;
    this.pending = pending;
  }
}

export function createMemoryLimiter(options: MemoryLimiterOptions): Limiter {
  return new MemoryLimiter(options);
}

class MemoryLimiter implements Limiter {
  readonly #now: () => number;
  readonly #book: QuotaBook | undefined;
  readonly #rates: Buckets<RateBucket>;
  readonly #leases: Buckets<LeaseBucket>;
  readonly #quotas: { readonly day: Buckets<QuotaBucket>; readonly month: Buckets<QuotaBucket> };
  #open = true;

  constructor({ now, wallNow, quotas: book, bucketsMax: max = bucketsMax }: MemoryLimiterOptions) {
    this.#now = now;
    this.#book = book;
    this.#rates = new Buckets(max, () => new RateBucket());
    this.#leases = new Buckets(max, () => new LeaseBucket());
    this.#quotas = {
      day: new Buckets(max, (key) => new QuotaBucket('day', key, { book, wallNow })),
      month: new Buckets(max, (key) => new QuotaBucket('month', key, { book, wallNow })),
    };
  }

  take(takes: readonly Take[], holdMs: number): Verdict | Promise<Verdict> {
    checkTakes(takes, holdMs);
    const pending = takes.map((take) => this.#pendingTake(take));
    return this.#decide(takes, pending, holdMs) ?? this.#reserveAndDecide(takes, holdMs);
  }

  #pendingTake(take: Take): PendingTake {
    switch (take.kind) {
      case 'rate':
        return new PendingRate(take, this.#rates.getOrCreate(take.key));
      case 'concurrent':
        return new PendingConcurrent(take, this.#leases.getOrCreate(take.key));
      case 'quota':
        return new PendingQuota(take, this.#quotas[take.window].getOrCreate(take.key));
    }
  }

  /** Undefined: it depends on quotas that must be reserved first. */
  #decide(takes: readonly Take[], pending: readonly PendingTake[], holdMs: number): Verdict | undefined {
    const now = this.#now();
    const waits = pending.map((one) => one.ask(now));
    if (waits.every((wait) => wait === granted) && this.#open) {
      for (const one of pending) one.grant(now, holdMs);
      this.#trim(now);
      return { taken: true, receipt: new MemoryReceipt(takes, pending), standings: standingsOf(pending, now) };
    }
    for (const one of pending) one.drop();
    this.#trim(now);
    if (!this.#open) return closed(0, standingsOf(pending, now));
    if (waits.some((wait) => wait >= 0)) return refusal(waits, standingsOf(pending, now));
    if (waits.includes(shut)) return closed(waits.indexOf(shut), standingsOf(pending, now));
    return undefined;
  }

  async #reserveAndDecide(takes: readonly Take[], holdMs: number): Promise<Verdict> {
    for (let round = 0; round < reservationsMax; round++) {
      const wanted = this.#wanted(takes);
      await Promise.all([...wanted].map(([bucket, amount]) => bucket.reserve(amount)));
      // Not the pending of before: their buckets may have been forgotten in the meantime.
      const pending = takes.map((take) => this.#pendingTake(take));
      const verdict = this.#decide(takes, pending, holdMs);
      for (const [bucket, amount] of wanted) bucket.leave(amount);
      if (verdict) return verdict;
    }
    const quota = takes.findIndex(({ kind }) => kind === 'quota');
    return closed(quota, await this.standings(takes));
  }

  /** How much of which quotas must be reserved for the call. */
  #wanted(takes: readonly Take[]): ReadonlyMap<QuotaBucket, number> {
    const pending = takes.map((take) => this.#pendingTake(take)).filter((one) => one instanceof PendingQuota);
    const without = pending.filter((one) => one.ask() === short);
    const wanted = new Map(without.map(({ bucket }) => [bucket, bucket.asked]));
    for (const one of pending) one.drop();
    return wanted;
  }

  #trim(now: number): void {
    this.#rates.trim(now);
    this.#leases.trim(now);
    this.#quotas.day.trim(now);
    this.#quotas.month.trim(now);
  }

  settle(receipt: Receipt, costs: readonly number[] = []): void {
    if (!(receipt instanceof MemoryReceipt)) return;
    const now = this.#now();
    receipt.pending.forEach((one, index) => {
      const take = receipt.takes[index];
      if (take) one.settle(now, differenceOf(take, costs[index]));
    });
    receipt.pending = [];
  }

  async standings(takes: readonly Take[]): Promise<readonly Standing[]> {
    checkTakes(takes, 0);
    const pending = takes.map((take) => this.#pendingTake(take));
    const now = this.#now();
    const standings = pending.map((one) =>
      one instanceof PendingQuota && this.#book ? one.bucket.bookStanding(one.take.max) : one.standing(now),
    );
    this.#trim(now);
    return Promise.all(standings);
  }

  async close(): Promise<void> {
    this.#open = false;
    const { day, month } = this.#quotas;
    await Promise.all([...day.all(), ...month.all()].map((bucket) => bucket.close()));
  }
}

const standingsOf = (pending: readonly PendingTake[], now: number): readonly Standing[] =>
  pending.map((one) => one.standing(now));
