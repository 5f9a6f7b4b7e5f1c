import type { Overrun } from './overrun.ts';
import { codes, type Decision, isByRule, type Meaning, meaningOf } from './reasons.ts';

export type InferErrorCode = keyof typeof codes;
export const inferErrorCodes = Object.keys(codes) as readonly InferErrorCode[];

/**
 * How far the call got. `not-begun`: nothing was done for it, so another endpoint is asked at once, and nothing is owed. `lost`: it had been sent when its
 * process or connection went away, so it may have begun, and may be what the process ended for. `unknown`: whoever answers with the error does not say.
 */
export type Progress = 'not-begun' | 'lost' | 'unknown';

/** A run passed its limit, and its process ends for it. */
export interface EndedRun {
  /** Names the run, as {@link Overrun} does; undefined until it has a name. */
  readonly run: Overrun['run'] | undefined;
  /** Calls that ran together in it. Undefined where nobody counted them: then it is not sure to be this one's. */
  readonly calls: number | undefined;
}

/** One thing wrong with a request, at a path such as `inputs[2].shape[1]`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
  readonly reason?: string;
}

/** What a refusal is about, beside its reason: one of the standard details of google.rpc. */
export type ErrorSubject =
  /** `ResourceInfo`: what is not there, such as `model` `m/3`. */
  | { readonly kind: 'resource'; readonly type: string; readonly name: string }
  | QuotaSubject
  /** `PreconditionFailure`: which state is not as it has to be. */
  | { readonly kind: 'precondition'; readonly type: string; readonly subject: string };

export interface InferErrorDetails {
  /** `google.rpc.ErrorInfo.reason`, UPPER_SNAKE_CASE. */
  readonly reason?: string;
  /** `google.rpc.ErrorInfo.metadata`: names and numbers only, never payload. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  readonly about?: ErrorSubject | undefined;
  readonly decision?: Decision | undefined;
  /** Default `unknown`. */
  readonly progress?: Progress;
  /** The process ends for the run that the call was part of. */
  readonly endedRun?: EndedRun | undefined;
  /** What the caller should wait before another try; negative says do not try again. */
  readonly retryAfterMs?: number | undefined;
  /** `RetryInfo.retry_delay`, where it is not what the pushback says: of a quota, when it is full again. */
  readonly retryDelayMs?: number | undefined;
  /** For our logs; never sent. */
  readonly cause?: unknown;
}

/** `QuotaFailure`: which limit, of whom, and how much it allows. */
export interface QuotaSubject {
  readonly kind: 'quota';
  /** Whose it is, such as `tenant:acme`. */
  readonly subject: string;
  /** What is counted, such as `requests`. */
  readonly metric: string;
  /** The limit's name. */
  readonly id: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The one error of the house: a gRPC code and a sentence fit for a stranger. */
export class InferError extends Error {
  readonly code: InferErrorCode;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly about: ErrorSubject | undefined;
  readonly decision: Decision | undefined;
  readonly progress: Progress;
  readonly endedRun: EndedRun | undefined;
  readonly retryAfterMs: number | undefined;
  readonly retryDelayMs: number | undefined;

  constructor(code: InferErrorCode, message: string, details: InferErrorDetails = {}) {
    // Half a surrogate pair, as a cut text may end with, has no UTF-8, and libraries throw on it.
    super(message.toWellFormed(), { cause: details.cause });
    this.name = 'InferError';
    this.code = code;
    this.reason = details.reason ?? code;
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.about = details.about;
    this.decision = details.decision;
    this.progress = details.progress ?? 'unknown';
    this.endedRun = details.endedRun;
    this.retryDelayMs = details.retryDelayMs;
    this.retryAfterMs = details.retryAfterMs ?? (codes[code].retryable ? undefined : -1);
  }

  /**
   * For refusals that anybody can cause by the thousand: to find out through which functions a call came takes a seventh of all that a refused call takes,
   * and tells nothing that the reason does not.
   */
  static withoutStack(code: InferErrorCode, message: string, details?: InferErrorDetails): InferError {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return new InferError(code, message, details);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  /** The same error, but for what `changes` has. Where it takes another code, nothing is said of when to come back unless `changes` does. */
  with({ code = this.code, message = this.message, ...changes }: InferErrorChanges): InferError {
    const { reason, metadata, violations, about, decision, progress, endedRun, retryAfterMs, retryDelayMs, cause } =
      this;
    const pushback = code === this.code ? { retryAfterMs, retryDelayMs } : {};
    return InferError.withoutStack(code, message, {
      ...{ reason, metadata, violations, about, decision, progress, endedRun, cause, ...pushback },
      ...changes,
    });
  }

  get retryable(): boolean {
    return this.#meaning.retryable;
  }

  get countsAgainstBreaker(): boolean {
    return this.#meaning.countsAgainstBreaker;
  }

  get failsOver(): boolean {
    return this.#meaning.failsOver;
  }

  get isCharged(): boolean {
    return this.#meaning.isCharged;
  }

  get isOverload(): boolean {
    return this.code === 'UNAVAILABLE' && this.#meaning.isOverload;
  }

  get isUnasked(): boolean {
    return this.#meaning.isUnasked;
  }

  get isForCaller(): boolean {
    return this.#meaning.isForCaller || isByRule(this.decision);
  }

  get #meaning(): Meaning {
    return meaningOf(this);
  }
}

export interface InferErrorChanges extends InferErrorDetails {
  readonly code?: InferErrorCode;
  readonly message?: string;
}

/** Whatever we did not foresee becomes INTERNAL with a fixed text: nothing of ours leaks. */
export function asInferError(error: unknown): InferError {
  return error instanceof InferError
    ? error
    : new InferError('INTERNAL', 'internal error; the server has logged what happened', {
        reason: 'INTERNAL',
        cause: error,
      });
}

/** A model, pipeline or version that is not there, or that the caller may not see: the two are told alike. */
export function notFound(message: string, name: string): InferError {
  return InferError.withoutStack('NOT_FOUND', message, {
    reason: 'MODEL_NOT_FOUND',
    about: { kind: 'resource', type: 'model', name },
  });
}

/** A model or pipeline that is there and cannot be served. Why is for whoever runs the mesh: it may name files, and what else they hold. */
export function broken(name: string): InferError {
  const why =
    'what the mesh holds of it is broken, or what it needs; `sheaf admin config` tells whoever runs the mesh why';
  return InferError.withoutStack('FAILED_PRECONDITION', `"${name}" is out: ${why}`, {
    reason: 'MODEL_BROKEN',
    about: { kind: 'precondition', type: 'MODEL_STATE', subject: name },
  });
}

/** INVALID_ARGUMENT about one field of a request; `reason` is the violation's. */
export const invalidField = (field: string, description: string, reason = 'TENSOR_INVALID'): InferError =>
  invalid(field, description, reason, 'TENSOR_INVALID');

/** INVALID_ARGUMENT about a tensor: the sentence calls it by its name, since nobody counts them; `field` is where it stands, for programs. */
export const invalidTensor = (field: string, sentence: string, reason: string): InferError =>
  InferError.withoutStack('INVALID_ARGUMENT', sentence, {
    reason: 'TENSOR_INVALID',
    violations: [{ field, description: sentence, reason }],
  });

/** INVALID_ARGUMENT about something of the caller's metadata. */
export const invalidMetadata = (field: string, description: string, reason = 'METADATA_INVALID'): InferError =>
  invalid(field, description, reason, 'METADATA_INVALID');

const invalid = (field: string, description: string, violation: string, reason: string): InferError =>
  InferError.withoutStack('INVALID_ARGUMENT', `${field}: ${description}`, {
    reason,
    violations: [{ field, description, reason: violation }],
  });
