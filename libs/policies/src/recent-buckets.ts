import type { Limiter } from '@sheaf/limiter';
import type { Claim, CompiledLimits } from './claim.ts';

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
  readonly whose: Claim['whose'];
  readonly remaining: number;
  readonly resetMs: number;
}

/** The buckets that calls have used lately. */
export class RecentBuckets {
  /** By key of the bucket, the latest last. */
  readonly #claims = new Map<string, Claim>();

  note(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const { key } = claim.take;
      this.#claims.delete(key);
      this.#claims.set(key, claim);
    }
    for (const key of this.#claims.keys()) {
      if (this.#claims.size <= recentBucketsMax) return;
      this.#claims.delete(key);
    }
  }

  /** Takes nothing of any. */
  async standings(limits: CompiledLimits, limiter: Limiter): Promise<readonly LimitStanding[]> {
    const claims = [...this.#claims.values()].reverse();
    const found = claims.length > 0 ? await limiter.standings(claims.map(({ take }) => take)) : [];
    const standing = claims.map((claim, index) => ({ claim, ...(found[index] ?? { remaining: 0, resetMs: 0 }) }));
    return limits.map(({ spec: { name }, policy }) => ({
      name,
      policy,
      buckets: standing
        .filter(({ claim }) => claim.limit.spec.name === name)
        .map(({ claim: { whose }, remaining, resetMs }) => ({ whose, remaining, resetMs })),
    }));
  }
}
