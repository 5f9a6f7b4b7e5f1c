/** One take on its way through one bucket of this process. Asked first, with all the others of its call; then granted or dropped, with them too. */

import type { Bucket } from './buckets.ts';
import { type Fill, levelAt, rateStanding, rateWaitMs } from './gcra.ts';
import { concurrentWaitMs, Leases } from './leases.ts';
import type { Standing, Take } from './limiter.ts';

export interface PendingTake {
  /** What it comes to: see verdicts.ts. A call that takes twice of a bucket asks for both. */
  ask(now: number): number;
  /** The call is refused, or waits. */
  drop(): void;
  grant(now: number, holdMs: number): void;
  /** The call has ended and has cost `difference` more than was taken. */
  settle(now: number, difference: number): void;
  standing(now: number): Standing;
}

export type RateTake = Extract<Take, { kind: 'rate' }>;
export type ConcurrentTake = Extract<Take, { kind: 'concurrent' }>;
export type QuotaTake = Extract<Take, { kind: 'quota' }>;

export class RateBucket implements Bucket, Fill {
  level = 0;
  at = 0;
  /** By the call that is being decided. */
  asked = 0;
  perSecond = 1;

  worth(now: number): number {
    return levelAt(this, this.perSecond, now);
  }

  forget(): void {}
}

export class PendingRate implements PendingTake {
  readonly #take: RateTake;
  readonly #bucket: RateBucket;

  constructor(take: RateTake, bucket: RateBucket) {
    this.#take = take;
    this.#bucket = bucket;
  }

  ask(now: number): number {
    const bucket = this.#bucket;
    const level = levelAt(bucket, this.#take.perSecond, now) + bucket.asked;
    bucket.asked += this.#take.cost;
    return rateWaitMs(level, this.#take.cost, this.#take);
  }

  drop(): void {
    this.#bucket.asked = 0;
  }

  grant(now: number): void {
    this.drop();
    this.settle(now, this.#take.cost);
  }

  settle(now: number, difference: number): void {
    if (difference === 0) return;
    const bucket = this.#bucket;
    bucket.level = Math.max(0, levelAt(bucket, this.#take.perSecond, now) + difference);
    bucket.at = now;
    bucket.perSecond = this.#take.perSecond;
  }

  standing(now: number): Standing {
    return rateStanding(levelAt(this.#bucket, this.#take.perSecond, now), this.#take);
  }
}

export class LeaseBucket extends Leases implements Bucket {
  asked = 0;

  worth(now: number): number {
    return this.heldAt(now);
  }

  forget(): void {}
}

/** Is its own lease. */
export class PendingConcurrent implements PendingTake {
  readonly #take: ConcurrentTake;
  readonly #bucket: LeaseBucket;

  constructor(take: ConcurrentTake, bucket: LeaseBucket) {
    this.#take = take;
    this.#bucket = bucket;
  }

  ask(now: number): number {
    const held = this.#bucket.heldAt(now) + this.#bucket.asked;
    this.#bucket.asked += 1;
    return concurrentWaitMs(held, this.#take.max);
  }

  drop(): void {
    this.#bucket.asked = 0;
  }

  grant(now: number, holdMs: number): void {
    this.drop();
    this.#bucket.hold(this, now + holdMs);
  }

  settle(): void {
    this.#bucket.giveBack(this);
  }

  standing(now: number): Standing {
    return { remaining: Math.max(0, this.#take.max - this.#bucket.heldAt(now)), resetMs: 0 };
  }
}
