/** What errors mean: the one table that retries, breakers, fallbacks, throttles and charges go by. */

/** What an error says to those who handle it; its code decides, but for the reasons that say otherwise. */
export interface Meaning {
  /** Another try, on another endpoint, may succeed. */
  readonly retryable: boolean;
  /** The endpoint that answered with it is ill. */
  readonly countsAgainstBreaker: boolean;
  /** What was asked is not there or has no room: whoever has something else to ask, such as the fallback of a route, asks that. */
  readonly failsOver: boolean;
  /** Work may have been done before it, which the caller pays for. */
  readonly isCharged: boolean;
  /** The endpoint is well and has too much to do: another one may have room, and its service is asked less. */
  readonly isOverload: boolean;
  /** No endpoint was asked: it says itself why, however often the call was tried before. */
  readonly isUnasked: boolean;
  /** It is about what the caller sent or may ask, so no stage of a pipeline that meets it is to blame. */
  readonly isForCaller: boolean;
}

const refusal: Meaning = {
  retryable: false,
  countsAgainstBreaker: false,
  failsOver: false,
  isCharged: false,
  isOverload: false,
  isUnasked: false,
  isForCaller: false,
};
const failure: Meaning = { ...refusal, countsAgainstBreaker: true, isCharged: true };

/** The gRPC codes that an inference may end with. */
export const codes = {
  CANCELLED: { ...refusal, isCharged: true },
  UNKNOWN: failure,
  INVALID_ARGUMENT: refusal,
  DEADLINE_EXCEEDED: failure,
  NOT_FOUND: refusal,
  PERMISSION_DENIED: refusal,
  RESOURCE_EXHAUSTED: refusal,
  FAILED_PRECONDITION: refusal,
  UNIMPLEMENTED: refusal,
  INTERNAL: failure,
  UNAVAILABLE: { ...refusal, retryable: true, countsAgainstBreaker: true, failsOver: true },
  DATA_LOSS: failure,
  UNAUTHENTICATED: refusal,
} as const satisfies Record<string, Meaning>;

const overload: Partial<Meaning> = { countsAgainstBreaker: false, isOverload: true };
/** The endpoint is well: it will be there, or code of a user has failed on what a caller sent, as a transform that throws. */
const well: Partial<Meaning> = { countsAgainstBreaker: false };
const unasked: Partial<Meaning> = { isUnasked: true };
const forCaller: Partial<Meaning> = { isForCaller: true };

/** The reasons that mean something else than their codes. */
const reasons: ReadonlyMap<string, Partial<Meaning>> = new Map([
  ['OVERLOADED', overload],
  ['OVERLOADED_ALL', overload],
  ['DRAINING', well],
  ['MODEL_LOADING', well],
  ['RUN_FAILED', well],
  ['OUTPUT_MISMATCH', well],
  ['CIRCUIT_OPEN', unasked],
  ['CRASH_LOOP', unasked],
  // A model that is out, a request that ended a process and a transform that wants what it may not break no contract of the pipeline.
  ['REQUEST_QUARANTINED', forCaller],
  ['MODEL_BROKEN', forCaller],
  ['NOT_PERMITTED', forCaller],
  ['CONTEXT_INVALID', forCaller],
]);

/** Who decides about calls: a `policy` decides the same whatever is asked instead, the `state` of what was asked holds for that alone. */
const deciders = {
  address: 'policy',
  authorisation: 'policy',
  deadline: 'policy',
  identity: 'policy',
  limit: 'policy',
  offender: 'policy',
  quarantine: 'policy',
  rule: 'policy',
  breaker: 'state',
  'bytes-in-flight': 'state',
  load: 'state',
  supervisor: 'state',
  throttle: 'state',
} as const satisfies Record<string, 'policy' | 'state'>;

type Decider = keyof typeof deciders;

/** Who decided, and by what name where it has several, such as `limit:burst`, `rule:page-size` or `identity`; told as `x-mesh-decision`. */
export type Decision = Decider | `${Decider}:${string}`;

/**
 * Reads who decided from a text, as another process tells it; undefined where it tells nothing. A decider that the table does not have, as of another server or
 * another version of ours, is handed on as the text that it is, and counts as a policy: nothing else is asked instead.
 */
export const parseDecision = (text: string | undefined): Decision | undefined =>
  text === undefined || text === '' ? undefined : (text as Decision);

const isDecider = (word: string): word is Decider => Object.hasOwn(deciders, word);

function isPolicy(decision: Decision | undefined): boolean {
  if (decision === undefined) return false;
  const [decider = ''] = decision.split(':', 1);
  return !isDecider(decider) || deciders[decider] === 'policy';
}

/** Looks an error up. */
export function meaningOf(error: {
  readonly code: keyof typeof codes;
  readonly reason: string;
  readonly decision: Decision | undefined;
}): Meaning {
  const meaning: Meaning = { ...codes[error.code], ...reasons.get(error.reason) };
  return meaning.failsOver && isPolicy(error.decision) ? { ...meaning, failsOver: false } : meaning;
}

/** Whether a rule that a user wrote has refused the call. */
export const isByRule = (decision: Decision | undefined): boolean => decision?.startsWith('rule:') ?? false;
