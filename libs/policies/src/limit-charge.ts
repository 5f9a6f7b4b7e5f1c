import type { Journal, QuotaSubject, Span } from '@sheaf/inference';
import type { Standing, Take, Verdict } from '@sheaf/limiter';
import { type CompiledLimit, wholeNumber } from './compiled-limit.ts';
import type { Dimension } from './spec.ts';

/** A limit that holds for a call, and what the call takes of which bucket by it. */
export interface LimitCharge {
  readonly limit: CompiledLimit;
  readonly take: Take;
  /** Of whom: `tenant`, `key`, `model`, `address`. */
  readonly whose: Readonly<Partial<Record<Dimension, string>>>;
  /** What a refusal by it is about: one object for all charges of a bucket, since its wire form is kept by object. */
  readonly about: QuotaSubject;
}

const standingOf = ({ limit }: LimitCharge, { remaining, resetMs }: Standing): string =>
  `"${limit.spec.name}";r=${wholeNumber(Math.floor(remaining))};t=${wholeNumber(Math.ceil(resetMs / 1000))}`;

const nothingLeft: Standing = { remaining: 0, resetMs: 0 };

/** In the caller's trailers, and in the trace. */
export function tellLimits(
  charges: readonly LimitCharge[],
  { standings, degraded, taken }: Verdict,
  { journal, span }: { readonly journal: Journal; readonly span?: Span },
): void {
  const left = charges.map((charge, index) => standingOf(charge, standings[index] ?? nothingLeft)).join(', ');
  journal.tell('ratelimit', left);
  journal.tell('ratelimit-policy', charges.map(({ limit }) => limit.policy).join(', '));
  if (degraded) journal.tell('x-ratelimit-degraded', 'share');
  if (span) journal.mark(span, { 'sheaf.limits': left, 'sheaf.limits.taken': taken });
}
