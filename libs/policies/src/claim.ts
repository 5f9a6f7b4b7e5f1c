import type { Journal, QuotaSubject, Span } from '@sheaf/inference';
import type { Standing, Take, Verdict } from '@sheaf/limiter';
import { checkExpression, type Evaluate } from '@sheaf/rules';
import { costVariables } from './limits-language.ts';
import type { Allowance, Dimension, LimitSpec } from './spec.ts';

/** A limit, ready to be counted by. */
export interface Compiled {
  readonly spec: LimitSpec;
  readonly cost: Evaluate<'number'> | undefined;
  /** Its part of `ratelimit-policy`. */
  readonly policy: string;
}

export type CompiledLimits = readonly Compiled[];

/** The specs have been checked when they were read. `share` is the part of each that is counted here; quotas are counted together in any case. */
export function compileLimits(specs: readonly LimitSpec[], share: number): CompiledLimits {
  return specs.map((whole) => {
    const spec = { ...whole, allows: sharedOut(whole.allows, share) };
    const cost = spec.cost && checkExpression(spec.cost, costVariables, 'number');
    return { spec, cost: typeof cost === 'function' ? cost : undefined, policy: policyOf(spec) };
  });
}

/** At least one call always fits. */
function sharedOut(allows: Allowance, share: number): Allowance {
  switch (allows.kind) {
    case 'rate':
      return { ...allows, perSecond: allows.perSecond * share, burst: Math.max(1, allows.burst * share) };
    case 'concurrent':
      return { ...allows, max: Math.max(1, Math.floor(allows.max * share)) };
    case 'quota':
      return allows;
  }
}

/** A limit, and what of whose bucket a call takes by it. */
export interface Claim {
  readonly limit: Compiled;
  readonly take: Take;
  /** Of whom: `tenant`, `key`, `model`, `address`. */
  readonly whose: Readonly<Partial<Record<Dimension, string>>>;
  /** What a refusal by it is about: the same object for all of a bucket's claims, since what is told of it is written once. */
  readonly about: QuotaSubject;
}

/** Structured fields have whole numbers of at most 15 digits (RFC 9651); ours are below that unless a rate is next to nothing. */
const wholeMax = 999_999_999_999_999;
export const wholeNumber = (value: number): number => Math.min(Math.max(0, value), wholeMax);

/** As https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ has them. */
function policyOf({ name, allows, cost }: LimitSpec): string {
  const unit = cost ? ';qu="cost"' : ';qu="requests"';
  switch (allows.kind) {
    case 'rate':
      return `"${name}";q=${Math.floor(allows.burst)};w=${wholeNumber(Math.max(1, Math.ceil(allows.burst / allows.perSecond)))}${unit}`;
    case 'concurrent':
      return `"${name}";q=${allows.max};qu="concurrent-requests"`;
    case 'quota':
      return `"${name}";q=${allows.max};w=${allows.window === 'day' ? 86_400 : 2_592_000}${unit}`;
  }
}

const standingOf = ({ limit }: Claim, { remaining, resetMs }: Standing): string =>
  `"${limit.spec.name}";r=${wholeNumber(Math.floor(remaining))};t=${wholeNumber(Math.ceil(resetMs / 1000))}`;

const nothingLeft: Standing = { remaining: 0, resetMs: 0 };

/** In the caller's trailers, and in the trace. */
export function tell(
  claims: readonly Claim[],
  { standings, degraded, taken }: Verdict,
  { journal, span }: { readonly journal: Journal; readonly span?: Span },
): void {
  const left = claims.map((claim, index) => standingOf(claim, standings[index] ?? nothingLeft)).join(', ');
  journal.tell('ratelimit', left);
  journal.tell('ratelimit-policy', claims.map(({ limit }) => limit.policy).join(', '));
  if (degraded) journal.tell('x-ratelimit-degraded', 'share');
  if (span) journal.mark(span, { 'sheaf.limits': left, 'sheaf.limits.taken': taken });
}
