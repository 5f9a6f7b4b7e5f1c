/** Limits as a layer: what a call takes of which buckets, and what it is told of them. */
import { type CallContext, InferError, type InferRequest, type Layer, remainingMs } from '@sheaf/inference';
import type { Limiter, Standing, Verdict } from '@sheaf/limiter';
import { type Claim, type CompiledLimits, wholeNumber } from './claim.ts';
import { createClaims } from './claims.ts';
import { type Call, costOf, madeCalls, type Plans } from './limit-cost.ts';
import { refusal } from './limit-refusal.ts';
import type { RecentBuckets } from './recent-buckets.ts';

/** Holds calls to the limits that are about them: all are taken in one step before the call, or none; what it has really cost is settled after it. */
export function enforceLimits(limits: CompiledLimits, limiter: Limiter, plans: Plans, recent?: RecentBuckets): Layer {
  if (limits.length === 0) return (next) => next;
  const claimsOf = createClaims(limits, plans);
  return (next) => async (request, context) => {
    const { principal } = context;
    // What is not there costs nothing and leaves no bucket behind; whoever is asked next says that it is not there.
    const isThere = plans.callsOf(request.model, request.version) !== undefined;
    const claims = principal && isThere ? claimsOf(principal, request, context.address) : [];
    if (claims.length === 0) return next(request, context);
    recent?.note(claims);
    const takes = claims.map(({ take }) => take);
    // Waited for also where it is there at once: what is thrown before anybody listens, Node first takes for a rejection that nobody handles.
    const verdict = await limiter.take(takes, Math.max(0, remainingMs(context)) + holdMarginMs);
    tell(claims, verdict, context);
    if (!verdict.taken) throw refusal(claims, verdict);
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

/** A call may end a little after its deadline. */
const holdMarginMs = 1_000;

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
function tell(claims: readonly Claim[], { standings, degraded, taken }: Verdict, { journal, span }: CallContext): void {
  const left = claims.map((claim, index) => standingOf(claim, standings[index] ?? nothingLeft)).join(', ');
  journal.tell('ratelimit', left);
  journal.tell('ratelimit-policy', claims.map(({ limit }) => limit.policy).join(', '));
  if (degraded) journal.tell('x-ratelimit-degraded', 'share');
  journal.mark(span, { 'sheaf.limits': left, 'sheaf.limits.taken': taken });
}

const nothingLeft: Standing = { remaining: 0, resetMs: 0 };
