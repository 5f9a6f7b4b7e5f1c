/** Limits as a layer: what a call takes of which buckets, and what it is told of them. */
import {
  type CallContext,
  type InferRequest,
  type Layer,
  matchesPattern,
  type Principal,
  remainingMs,
} from '@sheaf/inference';
import type { Limiter, Receipt, Standing, Take, Verdict } from '@sheaf/limiter';
import type { Claim, CompiledLimits } from './claim.ts';
import { type Call, costOf, madeCalls, type Plans, plannedCalls } from './limit-cost.ts';
import { refusal } from './limit-refusal.ts';
import type { RecentBuckets } from './recent-buckets.ts';
import type { Allowance } from './spec.ts';

/** Holds calls to the limits that are about them: all are taken in one step before the call, or none; what it has really cost is settled after it. */
export function enforceLimits(limits: CompiledLimits, limiter: Limiter, plans: Plans, recent?: RecentBuckets): Layer {
  if (limits.length === 0) return (next) => next;
  return (next) => async (request, context) => {
    const { principal } = context;
    const claims = principal ? claimsOf(limits, principal, request, plans) : [];
    if (claims.length === 0) return next(request, context);
    recent?.note(claims);
    const takes = claims.map(({ take }) => take);
    const asked = limiter.take(takes, remainingMs(context) + holdMarginMs);
    const verdict = asked instanceof Promise ? await asked : asked;
    tell(claims, verdict, context);
    if (!verdict.taken) throw refusal(claims, verdict);
    try {
      return await next(request, context);
    } finally {
      settle(limiter, claims, verdict.receipt, request, context);
    }
  };
}

/** A call may end a little after its deadline. */
const holdMarginMs = 1_000;

function claimsOf(limits: CompiledLimits, principal: Principal, request: InferRequest, plans: Plans): Claim[] {
  const { model } = request;
  let calls: readonly Call[] | undefined;
  return limits.flatMap((limit) => {
    const { name, allows, per, tenants, models } = limit.spec;
    if (!tenants.some((pattern) => matchesPattern(pattern, principal.tenant))) return [];
    if (!models.some((pattern) => matchesPattern(pattern, model))) return [];
    const values = { tenant: principal.tenant, key: principal.id, model };
    const whose = Object.fromEntries(per.map((dimension) => [dimension, values[dimension]]));
    const key = JSON.stringify([name, ...per.map((dimension) => values[dimension])]);
    calls ??= limit.cost && plannedCalls(request, plans);
    const cost = limit.cost ? costOf(limit.cost, request, calls ?? []) : 1;
    return [{ limit, take: takeOf(allows, key, cost), whose }];
  });
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

function settle(
  limiter: Limiter,
  claims: readonly Claim[],
  receipt: Receipt,
  request: InferRequest,
  context: CallContext,
): void {
  const made = claims.some(({ limit }) => limit.cost) ? madeCalls(context) : [];
  const costs = claims.map(({ limit, take }) => {
    if (take.kind === 'concurrent') return 1;
    if (!limit.cost) return take.cost;
    const { settle: share } = limit.spec;
    const spent = costOf(limit.cost, request, made);
    return Math.min(Math.max(spent, take.cost * (1 - share)), take.cost * (1 + share));
  });
  limiter.settle(receipt, costs);
}

const standingOf = ({ limit }: Claim, { remaining, resetMs }: Standing): string =>
  `"${limit.spec.name}";r=${Math.max(0, Math.floor(remaining))};t=${Math.ceil(resetMs / 1000)}`;

/** In the caller's trailers, and in the trace. */
function tell(claims: readonly Claim[], { standings, degraded, taken }: Verdict, context: CallContext): void {
  const { journal, span } = context;
  const left = claims.map((claim, index) => standingOf(claim, standings[index] ?? { remaining: 0, resetMs: 0 }));
  journal.tell('ratelimit', left.join(', '));
  journal.tell('ratelimit-policy', claims.map(({ limit }) => limit.policy).join(', '));
  if (degraded) journal.tell('x-ratelimit-degraded', 'share');
  journal.mark(span, { 'sheaf.limits': left.join(', '), 'sheaf.limits.taken': taken });
}
