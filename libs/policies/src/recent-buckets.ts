import type { Limiter } from '@sheaf/limiter';
import type { CompiledLimits } from './compiled-limit.ts';
import type { LimitCharge } from './limit-charge.ts';

/** Beyond these the one that was used longest ago is forgotten: to look is for people, and callers may have any number of buckets. */
export const recentBucketsMax = 256;

/** How a limit stands. */
export interface LimitStanding {
  readonly name: string;
  /** Its part of `ratelimit-policy`. */
  readonly policy: string;
  /** Those that were used last, the latest first. */
  readonly buckets: readonly BucketStanding[];
}

export interface BucketStanding {
  readonly whose: LimitCharge['whose'];
  readonly remaining: number;
  readonly resetMs: number;
}

/** The buckets that calls have used lately. */
export class RecentBuckets {
  /** By key of the bucket, the latest last. */
  readonly #charges = new Map<string, LimitCharge>();

  note(charges: readonly LimitCharge[]): void {
    for (const charge of charges) {
      const { key } = charge.take;
      this.#charges.delete(key);
      this.#charges.set(key, charge);
    }
    for (const key of this.#charges.keys()) {
      if (this.#charges.size <= recentBucketsMax) return;
      this.#charges.delete(key);
    }
  }

  /** Takes nothing of any. */
  async standings(limits: CompiledLimits, limiter: Limiter): Promise<readonly LimitStanding[]> {
    const charges = [...this.#charges.values()].reverse();
    const found = charges.length > 0 ? await limiter.standings(charges.map(({ take }) => take)) : [];
    const standing = charges.map((charge, index) => ({ charge, ...(found[index] ?? { remaining: 0, resetMs: 0 }) }));
    return limits.map(({ spec: { name }, policy }) => ({
      name,
      policy,
      buckets: standing
        .filter(({ charge }) => charge.limit.spec.name === name)
        .map(({ charge: { whose }, remaining, resetMs }) => ({ whose, remaining, resetMs })),
    }));
  }
}
