import type { Aliases } from './aliases.ts';
import type { ByteHold } from './byte-hold.ts';
import type { CallSignal } from './call-signal.ts';
import { InferError } from './error.ts';
import type { Journal } from './journal.ts';
import type { Principal, Priority, TrustedCaller } from './principal.ts';
import type { Span } from './span.ts';
import type { Submission } from './submission.ts';

/** Time as an argument, so that tests need no sleep. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Runs `task` once, `delayMs` from now; the answer undoes that. */
  after(delayMs: number, task: () => void): () => void;
}

/** A longer timer would fire at once. */
const timerMsMax = 2 ** 31 - 1;

export const monotonicClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, Math.min(timerMsMax, Math.max(0, delayMs)));
    return () => clearTimeout(timer);
  },
};

/** What was in force when the call entered; one value, never changed, named by its epoch on every hop. */
export interface Snapshot {
  readonly epoch: number;
  /** Which of the mesh's gateways counts those epochs: 1 and on. Undefined: there is one. */
  readonly gateway?: number;
  /** What aliases mean in it. Undefined: whoever counts its epochs is elsewhere. */
  readonly aliases?: Aliases;
}

/** Bounds what one request sets off, however many pipelines it goes through. */
export interface FanOut {
  /** Asks when there is a place; throws RESOURCE_EXHAUSTED when the request has set off all the calls that it may. */
  run<T>(context: CallContext, where: string, ask: () => Promise<T>): Promise<T>;
}

/** For work that would be lost otherwise: once its own has begun, or always, since some was done for it before. Where something else answers: never. */
export type Patience = 'never' | 'once-begun' | 'always';

/** Everything about one call but its tensors. Handed down explicitly, never kept in async-local storage. */
export interface CallContext {
  /** Absolute, in the milliseconds of `clock`; never extended on the way down. */
  readonly deadline: number;
  readonly signal: CallSignal;
  readonly clock: Clock;
  readonly snapshot: Snapshot;
  readonly journal: Journal;
  /** What the work of this context is recorded under. */
  readonly span: Span;
  /** Made by the first pipeline that the request meets. */
  readonly fanOut?: FanOut;
  /** The caller's gRPC metadata, where there is any; keys in lower case. */
  readonly metadata?: (key: string) => string | undefined;
  /** A W3C `baggage` that may be handed on. It says what a caller likes: nobody is to decide by it who calls. */
  readonly baggage?: string;
  /** Who calls. What a call may do is decided by it, so every context says it; who forgets it is not taken for a trusted caller. */
  readonly principal: Principal | TrustedCaller;
  /** Where the caller's connection comes from, as the public server sees it; undefined inside a mesh. */
  readonly address?: string;
  /** How much it matters; `standard` when nothing is said. */
  readonly priority?: Priority;
  /** Runs in a batch of its own: this call is suspected of crashing a process. */
  readonly isolated?: boolean;
  /** Whether it waits for a service that is started again; `never` when nothing is said. */
  readonly patience?: Patience;
  /** Where what its messages take is counted; undefined where nobody counts. */
  readonly bytes?: ByteHold;
  /** Which try of its call this is, 1 and on; the first when nothing is said. */
  readonly attempt?: number;
  /** Of a call that is to be queued; undefined of one that is to be answered. */
  readonly submission?: Submission;
}

export const remainingMs = (context: CallContext): number => context.deadline - context.clock.now();

/** Throws when the caller has left or its time is up: looked at before any work that costs. */
export function checkAlive(context: CallContext, where: string): void {
  if (context.signal.aborted) throw abortReason(context.signal);
  if (remainingMs(context) <= 0) throw deadlineExceeded(where);
}

/** `stage` is for programs: the name alone, where the place is one. */
export function deadlineExceeded(where: string, stage = where): InferError {
  return new InferError('DEADLINE_EXCEEDED', `the deadline passed in ${where}`, {
    reason: 'DEADLINE_EXCEEDED_IN_STAGE',
    metadata: { stage },
  });
}

/** Throws {@link deadlineTooShort} where less time is left than the work usually takes: refuses what is sure to be late before anything is done for it. */
export function checkTimeLeft(context: CallContext, estimateMs: number, where: string, stage: string): void {
  if (remainingMs(context) < estimateMs) throw deadlineTooShort(context, estimateMs, where, stage);
}

/** What a call is told whose work usually takes longer than its deadline leaves. */
export function deadlineTooShort(context: CallContext, estimateMs: number, where: string, stage: string): InferError {
  const leftMs = Math.max(0, Math.floor(remainingMs(context)));
  return new InferError(
    'DEADLINE_EXCEEDED',
    `${where} usually takes ${Math.ceil(estimateMs)} ms; the deadline leaves ${leftMs} ms`,
    {
      reason: 'DEADLINE_TOO_SHORT',
      metadata: { remaining_ms: String(leftMs), estimate_ms: String(Math.ceil(estimateMs)), stage },
      decision: 'deadline',
      retryAfterMs: -1,
    },
  );
}

/** The InferError that a signal was aborted with; any other reason means that the caller left. */
export function abortReason(signal: CallSignal): InferError {
  return signal.reason instanceof InferError
    ? signal.reason
    : new InferError('CANCELLED', 'the caller cancelled the call');
}
