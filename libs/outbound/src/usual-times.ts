import { LatencyTracker } from '@sheaf/routing';
import type { Observe } from './call.ts';

/** Tenants that have a tracker of their own; of one more, the one that was answered the longest time ago is forgotten. */
const tenantsMax = 256;

interface Usual {
  /** Undefined while nobody knows. */
  readonly usualMs: number | undefined;
  /** Whether the tenant's own calls say so. */
  readonly isOwn: boolean;
}

/**
 * How long calls of a service usually take, by kind: by what a tenant's own took, since how long they take may depend on what is in them. Times in milliseconds
 * on a monotonic clock.
 */
export class UsualTimes {
  readonly #all = new LatencyTracker();
  /** Who was answered last comes last. */
  readonly #byTenant = new Map<string, LatencyTracker>();

  /** What is to be expected of the tenant's next call; while too few of its own are known, what everybody's take. */
  usual(tenant: string, kind: string, now: number): Usual {
    const ownMs = this.#byTenant.get(tenant)?.usualMs(kind, now);
    return { usualMs: ownMs ?? this.#all.usualMs(kind, now), isOwn: ownMs !== undefined };
  }

  /** What is sure enough to refuse a call that leaves less: only what its own tenant's calls took. 0: nothing is, or it is the one that finds out. */
  needsMs(tenant: string, kind: string, remainingMs: number, now: number): number {
    const own = this.#byTenant.get(tenant);
    const usualMs = own?.usualMs(kind, now) ?? 0;
    return remainingMs < usualMs && own?.takeTrial(kind, now) ? 0 : usualMs;
  }

  record(tenant: string, kind: string, ms: number, now: number): void {
    const own = this.#byTenant.get(tenant) ?? new LatencyTracker();
    this.#byTenant.delete(tenant);
    this.#byTenant.set(tenant, own);
    const [oldest = tenant] = this.#byTenant.keys();
    if (this.#byTenant.size > tenantsMax) this.#byTenant.delete(oldest);
    for (const tracker of [own, this.#all]) tracker.record(kind, ms, now);
  }

  /** Answers teach it; what failed says nothing of how long it would have taken. */
  readonly observe: Observe =
    ({ call, startedAt }) =>
    ({ error, tookMs }) => {
      if (!error) this.record(call.tenant, call.kind.key, tookMs, startedAt);
    };
}
