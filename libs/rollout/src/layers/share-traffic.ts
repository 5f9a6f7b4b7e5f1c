/** Gives calls that name no version the one that a rollout has for them, and counts how they end. */
import {
  asInferError,
  boolParameter,
  type CallContext,
  dryRunParameter,
  type Infer,
  type InferRequest,
  type InferResponse,
  knownPrincipal,
  type Layer,
} from '@sheaf/inference';
import { actingRules, type Outcome, ruleOf } from '../compare.ts';
import { type ArmEvidence, entryOf, noArm } from '../evidence.ts';
import { countMs, countOf, quantileOf, upperMs } from '../histogram.ts';
import type { Sticky } from '../plan.ts';
import { chooseVersion, type Traffic } from '../traffic.ts';
import type { Copies } from './copies.ts';

export interface SharePorts {
  /** What is in force for a name. */
  readonly trafficOf: (name: string) => Traffic | undefined;
  /** Whether a version of a name can be asked here. */
  readonly isReady: (name: string, version: string) => boolean;
  /** Whether a version takes what a request brings, by what it says of its inputs and outputs. */
  readonly takes: (request: InferRequest, version: string) => boolean;
  readonly copies: Copies;
  /** Told of each call whose version was chosen here, but for those that their callers left. */
  readonly onCall?: ((told: CallTold) => void) | undefined;
  /** 0 up to 1. */
  readonly random?: () => number;
}

export interface CallTold {
  readonly name: string;
  /** '' where whatever there is was asked. */
  readonly version: string;
  /** `refused`: by a rule. */
  readonly outcome: 'answered' | 'refused' | 'failed';
  readonly ms: number;
}

/** Stands where a call has its name, and no version unless its caller named one. */
export function shareTraffic(ports: SharePorts): Layer {
  const { trafficOf, isReady, random = Math.random } = ports;
  return (next) => (request, context) => {
    const traffic = request.version === '' ? trafficOf(request.model) : undefined;
    if (!traffic || boolParameter(request, dryRunParameter)) return next(request, context);
    const chosen = chooseVersion(traffic, keyOf(traffic.sticky, context), random);
    // A version that is not loaded here yet, or any more, fails nobody's call: the champion is asked, or what there is without a rollout.
    const version = [chosen, traffic.champion].find((one) => one === '' || isReady(request.model, one)) ?? '';
    context.journal.mark(context.span, { 'sheaf.rollout': traffic.salt, 'sheaf.share': version });
    // What is queued has not been answered yet: there is nothing to count or to compare.
    if (context.submission) return next({ ...request, version }, context);
    return ask(next, { ...request, version }, context, traffic, ports);
  };
}

async function ask(
  next: Infer,
  request: InferRequest,
  context: CallContext,
  traffic: Traffic,
  { takes, copies, onCall = () => {} }: SharePorts,
): Promise<InferResponse> {
  const beganAt = context.clock.now();
  const leftMs = context.deadline - beganAt;
  const ended = (outcome: Outcome): void => {
    const ms = context.clock.now() - beganAt;
    if (!isLeft(outcome)) {
      const isOwn = isCallersMistake(outcome, leftMs, traffic, () => takes(request, traffic.champion));
      const arm = isOwn ? undefined : entryOf(traffic.evidence.arms, request.version, noArm);
      if (arm) count(arm, outcome, ms);
      onCall({ name: request.model, version: request.version, outcome: wordOf(outcome), ms });
    }
    copies.offer({ request, context, outcome, ms }, traffic);
  };
  try {
    const response = await next(request, context);
    ended({ response });
    return response;
  } catch (error) {
    ended({ error: asInferError(error) });
    throw error;
  }
}

/** How it would have ended nobody knows. */
const isLeft = (outcome: Outcome): boolean => 'error' in outcome && outcome.error.code === 'CANCELLED';

/** Answers of the champion by which it is known how long it usually takes. */
const usualCallsMin = 20;

/** It would have ended so with the champion too, by what that takes and how long it usually does: nothing is learned from it of any version. */
function isCallersMistake(outcome: Outcome, leftMs: number, traffic: Traffic, fits: () => boolean): boolean {
  if (!('error' in outcome) || ruleOf(outcome.error) !== undefined) return false;
  if (outcome.error.code === 'INVALID_ARGUMENT') return !fits();
  if (outcome.error.code !== 'DEADLINE_EXCEEDED') return false;
  const latency = traffic.evidence.arms[traffic.champion]?.latency ?? [];
  return countOf(latency) >= usualCallsMin && leftMs < (quantileOf(latency, 0.5, upperMs) ?? 0);
}

const wordOf = (outcome: Outcome): CallTold['outcome'] =>
  'response' in outcome ? 'answered' : ruleOf(outcome.error) === undefined ? 'failed' : 'refused';

function count(arm: ArmEvidence, outcome: Outcome, ms: number): void {
  arm.calls++;
  if (actingRules(outcome).size > 0) arm.ruled++;
  // What a rule refuses has been answered as it is to be.
  const word = wordOf(outcome);
  if (word === 'answered') countMs(arm.latency, ms);
  if (word === 'failed') arm.failed++;
}

/** Undefined where the caller says nothing there, and for `random`. */
function keyOf(sticky: Sticky, { principal, metadata }: CallContext): string | undefined {
  switch (sticky.kind) {
    case 'tenant':
      return knownPrincipal(principal)?.tenant;
    case 'key':
      return knownPrincipal(principal)?.id;
    case 'metadata':
      return metadata?.(sticky.key);
    case 'random':
      return undefined;
  }
}
