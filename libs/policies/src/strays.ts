/**
 * Calls of which nobody can tell what they are for: messages that cannot be read, and names that are not there, or not for this caller. No limit of a
 * model is about them, but to find that out takes time; so they are held to the rates that are about all models together.
 */
import {
  type Journal,
  monotonicClock,
  type Principal,
  type Span,
  type TrustedCaller,
  trustedCaller,
} from '@sheaf/inference';
import type { Limiter, Verdict } from '@sheaf/limiter';
import type { CompiledLimit, CompiledLimits } from './compiled-limit.ts';
import { Kept } from './kept.ts';
import { type LimitCharge, tellLimits } from './limit-charge.ts';
import { chargeOf, isOfTenant } from './limit-charges.ts';
import { refusal } from './limit-refusal.ts';
import type { RecentBuckets } from './recent-buckets.ts';

/** As much of a call as is known before its message. */
interface StrayCall {
  readonly principal: Principal | TrustedCaller;
  readonly address?: string | undefined;
  readonly journal: Journal;
  readonly span?: Span;
}

export interface Strays {
  /** Before a message is looked at: throws while a rate has refused the last stray of its caller, and takes nothing. */
  check(principal: Principal | TrustedCaller, called: () => StrayCall): void;
  /** It was one: takes one of each of the rates, or throws what refuses it. */
  take(called: StrayCall): Promise<void>;
  /** What requests have left in rates. */
  readonly kept: Kept;
}

/** What its callers are told until then. */
interface Barred {
  readonly charges: readonly LimitCharge[];
  readonly verdict: Refused;
  /** Milliseconds on the clock of `now`. */
  readonly from: number;
}
type Refused = Extract<Verdict, { taken: false }>;

export interface StraysOptions {
  readonly recent?: RecentBuckets | undefined;
  /** Milliseconds on a monotonic clock. */
  readonly now?: () => number;
}

export function createStrays(
  limits: CompiledLimits,
  limiter: Limiter,
  { recent, now = monotonicClock.now }: StraysOptions = {},
): Strays {
  const about = limits.filter(isAboutAll);
  const known = new WeakMap<Principal, readonly LimitCharge[]>();
  const barred = new WeakMap<Principal, Barred>();
  const kept = new Kept();
  /** Some count each address for itself: then a principal alone says neither what is taken nor whether it is refused. */
  const isByAddress = about.some(({ spec: { per } }) => per.includes('address'));
  const chargesOf = (principal: Principal, address: string | undefined): readonly LimitCharge[] => {
    const charges =
      known.get(principal) ??
      about
        .filter(({ spec }) => isOfTenant(spec, principal.tenant))
        .map((limit) => chargeOf(limit, principal, '', address));
    if (!isByAddress) known.set(principal, charges);
    return charges;
  };
  return {
    kept,
    check: (principal, called) => {
      const bar = principal === trustedCaller ? undefined : barred.get(principal);
      if (!bar) return;
      const { charges, verdict, from } = bar;
      const passed = now() - from;
      if (passed >= verdict.retryAfterMs) return;
      const later = {
        ...verdict,
        retryAfterMs: verdict.retryAfterMs - passed,
        standings: verdict.standings.map(({ remaining, resetMs }) => ({
          remaining,
          resetMs: Math.max(0, resetMs - passed),
        })),
      };
      tellLimits(charges, later, called());
      throw refusal(charges, later);
    },
    take: async (called) => {
      const { principal, address, journal } = called;
      if (principal === trustedCaller) return;
      const charges = chargesOf(principal, address);
      if (charges.length === 0) return;
      recent?.note(charges);
      const verdict = await limiter.take(
        charges.map(({ take }) => take),
        0,
      );
      tellLimits(charges, verdict, called);
      if (verdict.taken) {
        for (const { take } of charges) kept.note(journal, take.key, 1);
        return;
      }
      // A rate fills with time alone: until then there is none, whatever comes.
      if (verdict.why === 'empty' && !isByAddress) barred.set(principal, { charges, verdict, from: now() });
      throw refusal(charges, verdict);
    },
  };
}

/** A rate whose bucket is the same whatever is asked. */
const isAboutAll = ({ spec: { allows, models, per } }: CompiledLimit): boolean =>
  allows.kind === 'rate' && models.includes('*') && !per.includes('model');
