/** Limits in the memory of this process. Deciding is synchronous and therefore atomic; only a quota whose reserve has run out waits, for the book. */
import type { QuotaBook } from '@sheaf/store';
import { Buckets } from './buckets.ts';
import { checkTakes, differenceOf } from './check-takes.ts';
import { type Claim, ConcurrentClaim, LeaseBucket, RateBucket, RateClaim } from './claim.ts';
import type { Limiter, Receipt, Standing, Take, Verdict } from './limiter.ts';
import { closed, granted, refusal, short, shut } from './outcome.ts';
import { QuotaBucket, QuotaClaim } from './quota-bucket.ts';

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
  claims: readonly Claim[];

  constructor(takes: readonly Take[], claims: readonly Claim[]) {
    this.takes = takes;
    this.claims = claims;
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
    const claims = takes.map((take) => this.#claim(take));
    return this.#decide(takes, claims, holdMs) ?? this.#reserveAndDecide(takes, holdMs);
  }

  #claim(take: Take): Claim {
    switch (take.kind) {
      case 'rate':
        return new RateClaim(take, this.#rates.getOrCreate(take.key));
      case 'concurrent':
        return new ConcurrentClaim(take, this.#leases.getOrCreate(take.key));
      case 'quota':
        return new QuotaClaim(take, this.#quotas[take.window].getOrCreate(take.key));
    }
  }

  /** Undefined: it depends on quotas that must be reserved first. */
  #decide(takes: readonly Take[], claims: readonly Claim[], holdMs: number): Verdict | undefined {
    const now = this.#now();
    const waits = claims.map((claim) => claim.ask(now));
    if (waits.every((wait) => wait === granted) && this.#open) {
      for (const claim of claims) claim.grant(now, holdMs);
      this.#trim(now);
      return { taken: true, receipt: new MemoryReceipt(takes, claims), standings: standingsOf(claims, now) };
    }
    for (const claim of claims) claim.drop();
    this.#trim(now);
    if (!this.#open) return closed(0, standingsOf(claims, now));
    if (waits.some((wait) => wait >= 0)) return refusal(waits, standingsOf(claims, now));
    if (waits.includes(shut)) return closed(waits.indexOf(shut), standingsOf(claims, now));
    return undefined;
  }

  async #reserveAndDecide(takes: readonly Take[], holdMs: number): Promise<Verdict> {
    for (let round = 0; round < reservationsMax; round++) {
      const wanted = this.#wanted(takes);
      await Promise.all([...wanted].map(([bucket, amount]) => bucket.reserve(amount)));
      // Not the claims of before: their buckets may have been forgotten in the meantime.
      const claims = takes.map((take) => this.#claim(take));
      const verdict = this.#decide(takes, claims, holdMs);
      for (const [bucket, amount] of wanted) bucket.leave(amount);
      if (verdict) return verdict;
    }
    const quota = takes.findIndex(({ kind }) => kind === 'quota');
    return closed(quota, await this.standings(takes));
  }

  /** How much of which quotas must be reserved for the call. */
  #wanted(takes: readonly Take[]): ReadonlyMap<QuotaBucket, number> {
    const claims = takes.map((take) => this.#claim(take)).filter((claim) => claim instanceof QuotaClaim);
    const without = claims.filter((claim) => claim.ask() === short);
    const wanted = new Map(without.map(({ bucket }) => [bucket, bucket.asked]));
    for (const claim of claims) claim.drop();
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
    receipt.claims.forEach((claim, index) => {
      const take = receipt.takes[index];
      if (take) claim.settle(now, differenceOf(take, costs[index]));
    });
    receipt.claims = [];
  }

  async standings(takes: readonly Take[]): Promise<readonly Standing[]> {
    checkTakes(takes, 0);
    const claims = takes.map((take) => this.#claim(take));
    const now = this.#now();
    const standings = claims.map((claim) =>
      claim instanceof QuotaClaim && this.#book ? claim.bucket.bookStanding(claim.take.max) : claim.standing(now),
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

const standingsOf = (claims: readonly Claim[], now: number): readonly Standing[] =>
  claims.map((claim) => claim.standing(now));
