/** What a job is. All times are milliseconds since the epoch. */
import type { InferErrorCode, Principal } from '@sheaf/inference';

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;
/** `queued` → `running` → one of the others, which are ends; a job that is tried again is `queued` again. */
export type JobState = (typeof jobStates)[number];

/** Nothing happens to a job in one of these, unless it is retried. */
export const isEnd = (state: JobState): boolean => state !== 'queued' && state !== 'running';

export const jobKinds = ['infer', 'cut', 'chunk', 'finish', 'callback'] as const;
/**
 * `infer`: one inference that a caller submitted. `cut`: reads the input of a batch, and adds its chunks. `chunk`: some rows of a batch. `finish`: looks at the
 * generation that a batch has made, and moves the pointer to it. `callback`: tells a URL that another job has ended.
 */
export type JobKind = (typeof jobKinds)[number];

/** What is too large to be kept with the job, and is a file. Who keeps files, and how, is not known here. */
export interface BlobRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** Up to `contentBytesMax` is kept with the job; more is a file. */
export type JobContent = Uint8Array | BlobRef;

/** The most bytes of a payload or result that are no file: 4 MiB. */
export const contentBytesMax = 4 * 2 ** 20;

/** On whose behalf the work is done: it may see and do what they may. `trusted` is whoever needs no leave, such as the owner of the mesh at a shell. */
export type JobPrincipal = Principal | 'trusted';

/** What somebody who submits says of a job. */
export interface NewJob {
  readonly kind: JobKind;
  /** Whom queues, limits and visibility are kept apart by. */
  readonly tenant: string;
  readonly principal: JobPrincipal;
  /** The pipeline or model. */
  readonly subject: string;
  /** Of the subject, decimal, pinned when it was submitted. Empty where it has none. */
  readonly version: string;
  /** Of `infer` the encoded ModelInferRequest; of others JSON. */
  readonly payload: JobContent;
  /** From 0 (the default) to 9, which is first. */
  readonly priority?: number;
  /** How often it is tried before it has failed for good, from 1. Default 5. */
  readonly attemptsMax?: number;
  /** Of its tenant: a second job with the same key, subject and payload is the first one, as long as that is kept. Another one is refused (IDEMPOTENCY_KEY_REUSED). */
  readonly idempotencyKey?: string | undefined;
  /** It is not begun before. */
  readonly notBefore?: number | undefined;
  /** It is EXPIRED when it has not ended by then. */
  readonly deadline?: number | undefined;
  /** How long it is kept after its end, in milliseconds. Default a day. */
  readonly ttlMs?: number | undefined;
  /** The W3C trace context of who submitted it: traces of the work link to it. */
  readonly traceparent?: string | undefined;
  /** A URL that is told of its end: a job of kind `callback` is added in the same transaction. */
  readonly callback?: string | undefined;
}

export const jobDefaults = { priority: 0, attemptsMax: 5, ttlMs: 86_400_000 } as const;

export interface JobError {
  readonly code: InferErrorCode;
  /** UPPER_SNAKE_CASE, such as WORKER_LOST. */
  readonly reason: string;
  /** Fit for a stranger. */
  readonly message: string;
}

/** How far a job has come that tells it; in whatever it counts. */
export interface JobProgress {
  readonly done: number;
  readonly total?: number | undefined;
  readonly failed?: number | undefined;
}

/** A job as it is kept, without its payload and result. */
export interface JobRecord extends Omit<NewJob, 'payload' | 'priority' | 'attemptsMax' | 'ttlMs'> {
  /** A UUIDv7: later jobs have greater ones. */
  readonly id: string;
  readonly state: JobState;
  readonly priority: number;
  readonly attemptsMax: number;
  readonly ttlMs: number;
  /** How often it was begun; 0 until it is claimed first, and again once it is retried. */
  readonly attempt: number;
  readonly submittedAt: number;
  /** Of the last attempt. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly progress?: JobProgress | undefined;
  /** Why it failed, or why the last attempt did. */
  readonly error?: JobError | undefined;
  readonly payloadBytes: number;
  /** Undefined until there is a result. */
  readonly resultBytes?: number | undefined;
  /** Somebody wants it cancelled while it runs: whoever holds its lease is told when it renews it. */
  readonly cancelAsked: boolean;
  /** The job that tells its `callback`, once it has ended. */
  readonly callbackJob?: string | undefined;
  /** The batch it is part of. */
  readonly batch?: string | undefined;
  /** Of a `chunk`: which, from 0. */
  readonly chunk?: number | undefined;
}
