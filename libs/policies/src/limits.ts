/** Limits as a layer: what a call takes of which buckets, and what it is told of them. */
import {
  type ChargedCall,
  dryRunParameter,
  InferError,
  type Layer,
  remainingMs,
  trustedCaller,
} from '@sheaf/inference';
import type { Limiter } from '@sheaf/limiter';
import type { CompiledLimits } from './compiled-limit.ts';
import { type LimitCharge, tellLimits } from './limit-charge.ts';
import { createCharges } from './limit-charges.ts';
import { answeredCalls, costOf, type MeasuredCall, type Plans } from './limit-cost.ts';
import { refusal } from './limit-refusal.ts';
import type { RecentBuckets } from './recent-buckets.ts';
import { createStrays, type Strays } from './strays.ts';

/** What a layer of limits shares with others; by default nothing. */
export interface LimitsOptions {
  readonly recent?: RecentBuckets;
  readonly strays?: Strays;
}

/** Holds calls to the limits that are about them: all are taken in one step before the call, or none; what it has really cost is settled after it. */
export function enforceLimits(
  limits: CompiledLimits,
  limiter: Limiter,
  plans: Plans,
  { recent, strays = createStrays(limits, limiter, { recent }) }: LimitsOptions = {},
): Layer {
  if (limits.length === 0) return (next) => next;
  const chargesOf = createCharges(limits, plans);
  const { kept } = strays;
  return (next) => async (request, context) => {
    const { principal, journal, address } = context;
    const planned = plans.callsOf(request.model, request.version);
    // What is not there leaves no bucket of its own behind; whoever is asked next says that it is not there.
    if (!planned) await strays.take(context);
    const isHeld = planned && principal !== trustedCaller;
    const charges = isHeld ? withoutKept(chargesOf(principal, request, address), kept.find(journal)) : [];
    if (charges.length === 0) return next(request, context);
    recent?.note(charges);
    const takes = charges.map(({ take }) => take);
    // Waited for also where it is there at once: what is thrown before anybody listens, Node first takes for a rejection that nobody handles.
    const verdict = await limiter.take(takes, Math.max(0, remainingMs(context)) + holdMarginMs);
    tellLimits(charges, verdict, context);
    if (!verdict.taken) throw refusal(charges, verdict);
    const before = journal.charged.length;
    let isRefused = request.parameters.get(dryRunParameter) === true;
    try {
      return await next(request, context);
    } catch (error) {
      isRefused = isRefusal(error);
      throw error;
    } finally {
      const made = journal.charged.slice(before).filter(({ isWaived }) => !isWaived);
      if (isRefused && made.length === 0) {
        // What it keeps of rates, a fallback of its route does not leave again.
        for (const { take } of charges) if (take.kind === 'rate') kept.note(journal, take.key, keptOf(take));
        limiter.settle(verdict.receipt, takes.map(keptOf));
      } else if (context.submission) {
        // What was planned will be run, when nobody can be charged for it any more.
        limiter.settle(verdict.receipt, takes.map(plannedOf));
      } else limiter.settle(verdict.receipt, spentBy(charges, made, planned?.length ?? 0));
    }
  };
}

const isRefusal = (error: unknown): boolean => error instanceof InferError && !error.isCharged;

/** A call may end a little after its deadline. */
const holdMarginMs = 1_000;

/**
 * What stays taken of a call that ran nothing: of a rate one, since to find out that there is nothing to run is work too, and who sends such calls again
 * and again would not be held by it; of a quota nothing.
 */
const keptOf = (take: LimitCharge['take']): number => (take.kind === 'rate' ? Math.min(1, take.cost) : 0);

const plannedOf = (take: LimitCharge['take']): number => (take.kind === 'concurrent' ? 1 : take.cost);

/** The same, less what the request has left in these buckets before. */
function withoutKept(
  charges: readonly LimitCharge[],
  kept: ReadonlyMap<string, number> | undefined,
): readonly LimitCharge[] {
  if (!kept) return charges;
  return charges.map((charge) => {
    const { take } = charge;
    return take.kind === 'rate'
      ? { ...charge, take: { ...take, cost: Math.max(0, take.cost - (kept.get(take.key) ?? 0)) } }
      : charge;
  });
}

/**
 * What the call has really cost, within the bounds of each limit. More calls than planned, as for the parts of an `each`, are owed wholly: the bounds are
 * for what a caller cannot know, such as how long a model takes, and not for what it sends.
 */
function spentBy(charges: readonly LimitCharge[], made: readonly ChargedCall[], planned: number): number[] {
  const calls: readonly MeasuredCall[] = answeredCalls(made);
  return charges.map(({ limit, take }) => {
    if (take.kind === 'concurrent' || !limit.cost) return plannedOf(take);
    const { settle: share } = limit.spec;
    const spent = Math.max(costOf(limit.cost, calls), take.cost * (1 - share));
    return calls.length > planned ? spent : Math.min(spent, take.cost * (1 + share));
  });
}
