/** Limits as a layer: what a call takes of which buckets, and what it is told of them. */
import { hash } from 'node:crypto';
import {
  type CallContext,
  InferError,
  type InferRequest,
  type Layer,
  matchesPattern,
  type Principal,
  remainingMs,
} from '@sheaf/inference';
import type { Limiter, Standing, Take, Verdict } from '@sheaf/limiter';
import { type Claim, type CompiledLimits, wholeNumber } from './claim.ts';
import { type Call, costOf, madeCalls, type Plans, plannedCalls } from './limit-cost.ts';
import { refusal } from './limit-refusal.ts';
import type { RecentBuckets } from './recent-buckets.ts';
import type { Allowance, Dimension, LimitSpec } from './spec.ts';

/** Holds calls to the limits that are about them: all are taken in one step before the call, or none; what it has really cost is settled after it. */
export function enforceLimits(limits: CompiledLimits, limiter: Limiter, plans: Plans, recent?: RecentBuckets): Layer {
  if (limits.length === 0) return (next) => next;
  return (next) => async (request, context) => {
    const { principal } = context;
    // What is not there costs nothing and leaves no bucket behind; whoever is asked next says that it is not there.
    const isThere = plans.callsOf(request.model, request.version) !== undefined;
    const claims = principal && isThere ? claimsOf(limits, principal, request, plans) : [];
    if (claims.length === 0) return next(request, context);
    recent?.note(claims);
    const takes = claims.map(({ take }) => take);
    const asked = limiter.take(takes, Math.max(0, remainingMs(context)) + holdMarginMs);
    const verdict = asked instanceof Promise ? await asked : asked;
    tell(claims, verdict, context);
    if (!verdict.taken) throw withoutStack(() => refusal(claims, verdict));
    const before = context.journal.spans.length;
    let refused = request.parameters.get(planParameter) === true;
    try {
      return await next(request, context);
    } catch (error) {
      refused = isRefusal(error);
      throw error;
    } finally {
      const made = madeCalls(context, before);
      // What was refused before anything ran, and what was only planned, costs nothing; a call that its route then hands to a fallback pays there.
      const costs = refused && made.length === 0 ? claims.map(() => 0) : spentBy(claims, request, made);
      limiter.settle(verdict.receipt, costs);
    }
  };
}

/** Asks what a call would set off, without running it. */
const planParameter = 'sheaf_plan';

/** Codes of calls that may have taken time before they failed: those have held what they took. */
const spending = new Set(['CANCELLED', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNKNOWN', 'DATA_LOSS']);
const isRefusal = (error: unknown): boolean => error instanceof InferError && !spending.has(error.code);

/** To find out through which layers a call came takes longer than to refuse it, and is the same for all. */
function withoutStack<E extends Error>(create: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A call may end a little after its deadline. */
const holdMarginMs = 1_000;

/** What names a bucket is written down by stores, which bound it; names from tokens may be long. */
const bucketKeyCharsMax = 512;
function bucketKey(parts: readonly string[]): string {
  const key = JSON.stringify(parts);
  return key.length <= bucketKeyCharsMax ? key : JSON.stringify([parts[0], hash('sha256', key)]);
}

function claimsOf(limits: CompiledLimits, principal: Principal, request: InferRequest, plans: Plans): Claim[] {
  let calls: readonly Call[] | undefined;
  const claims: Claim[] = [];
  for (const limit of limits) {
    if (!isAbout(limit.spec, principal.tenant, request.model)) continue;
    const { name, allows, per } = limit.spec;
    const whose: Partial<Record<Dimension, string>> = {};
    for (const dimension of per) whose[dimension] = named(dimension, principal, request);
    const key = bucketKey([name, ...Object.values(whose)]);
    calls ??= limit.cost && plannedCalls(request, plans);
    const cost = limit.cost ? costOf(limit.cost, request, calls ?? []) : 1;
    claims.push({ limit, take: takeOf(allows, key, cost), whose });
  }
  return claims;
}

const isAbout = ({ tenants, models }: LimitSpec, tenant: string, model: string): boolean =>
  tenants.some((pattern) => matchesPattern(pattern, tenant)) &&
  models.some((pattern) => matchesPattern(pattern, model));

function named(dimension: Dimension, { tenant, id }: Principal, { model }: InferRequest): string {
  switch (dimension) {
    case 'tenant':
      return tenant;
    case 'key':
      return id;
    case 'model':
      return model;
  }
}

function takeOf(allows: Allowance, key: string, cost: number): Take {
  switch (allows.kind) {
    case 'rate':
      return { kind: 'rate', key, cost, perSecond: allows.perSecond, burst: allows.burst };
    case 'concurrent':
      return { kind: 'concurrent', key, max: allows.max };
    case 'quota':
      return { kind: 'quota', key, cost, max: allows.max, window: allows.window };
  }
}

/** What the call has really cost, within the bounds of each limit. */
function spentBy(claims: readonly Claim[], request: InferRequest, made: readonly Call[]): number[] {
  return claims.map(({ limit, take }) => {
    if (take.kind === 'concurrent') return 1;
    if (!limit.cost) return take.cost;
    const { settle: share } = limit.spec;
    const spent = costOf(limit.cost, request, made);
    return Math.min(Math.max(spent, take.cost * (1 - share)), take.cost * (1 + share));
  });
}

const standingOf = ({ limit }: Claim, { remaining, resetMs }: Standing): string =>
  `"${limit.spec.name}";r=${wholeNumber(Math.floor(remaining))};t=${wholeNumber(Math.ceil(resetMs / 1000))}`;

/** In the caller's trailers, and in the trace. */
function tell(claims: readonly Claim[], { standings, degraded, taken }: Verdict, context: CallContext): void {
  const { journal, span } = context;
  const left = claims.map((claim, index) => standingOf(claim, standings[index] ?? { remaining: 0, resetMs: 0 }));
  journal.tell('ratelimit', left.join(', '));
  journal.tell('ratelimit-policy', claims.map(({ limit }) => limit.policy).join(', '));
  if (degraded) journal.tell('x-ratelimit-degraded', 'share');
  journal.mark(span, { 'sheaf.limits': left.join(', '), 'sheaf.limits.taken': taken });
}
