/** One call on its way out, and each of its tries, as the policies see them. */
import type { CallContext, Infer, InferError, InferRequest, InferResponse } from '@sheaf/inference';
import type { Outcome } from './breaker.ts';

/** One address of a service. */
export interface UpstreamEndpoint {
  readonly target: string;
  /** Whether it is well by its own word. */
  readonly isReady: boolean;
  /** Calls that it has to answer before another one. */
  readonly busy: number;
  /** Of its places for calls of a model that wait, the part that is taken. */
  utilization(model: string): number;
  readonly infer: Infer;
}

/** What calls have in common that take about as long as one another. */
export interface CallKind {
  readonly model: string;
  /** The one that answers; '' where only the server knows. */
  readonly version: string;
  /** Model, version, and rows to a factor of two. */
  readonly key: string;
}

/** What has become of a call so far: all that changes in it, each told by the policy that knows. */
export interface CallHistory {
  /** Tries so far that an endpoint was asked in. */
  readonly attempts: number;
  /** Processes that were lost with it, or with the same request before: from the first on it runs isolated. */
  readonly lost: number;
  /** Until then it may wait for a restart, on the clock of its context; undefined while it has not waited. */
  readonly waitsUntil: number | undefined;
  /** One that was asked is asked again only when there is no other. */
  hasTried(endpoint: UpstreamEndpoint): boolean;
  /** Whether it had too much to do when it was asked. */
  wasOverloaded(endpoint: UpstreamEndpoint): boolean;
  /** An endpoint is asked. */
  begin(endpoint: UpstreamEndpoint): void;
  /** It has too much to do. */
  overload(endpoint: UpstreamEndpoint): void;
  /** A process was lost with it. */
  lose(): void;
  /** It runs isolated from its first try on. */
  isolate(): void;
  /** It waits for a restart; only the first time counts. Answers until when. */
  wait(until: number): number;
}

/** A call, from its first try to its last. */
export interface OutboundCall {
  readonly request: InferRequest;
  readonly context: CallContext;
  readonly kind: CallKind;
  /** Whom what is there for all is shared out among. */
  readonly tenant: string;
  /** Milliseconds that such calls usually take; undefined while nobody knows. */
  readonly usualMs: number | undefined;
  /** Whether calls of its own tenant say so: only then is it slow for taking longer, since others may ask what is done sooner. */
  readonly isOwn: boolean;
  readonly history: CallHistory;
}

/** Answers a call, or rejects with InferError; it never throws at once. */
export type Send = (call: OutboundCall) => Promise<InferResponse>;

/** What a call meets once, however often it is tried after that. */
export type CallPolicy = (next: Send) => Send;

/** Wraps `core` in `policies`, listed in the order in which a call meets them. */
export const chain = (policies: readonly CallPolicy[], core: Send): Send =>
  policies.reduceRight((next, policy) => policy(next), core);

/** One try: a call that an endpoint is asked for. */
export interface Attempt {
  readonly call: OutboundCall;
  readonly endpoint: UpstreamEndpoint;
  /** It finds out whether an endpoint that was left out is well again. */
  readonly isProbe: boolean;
  /** It shares its run with no other call. */
  readonly isIsolated: boolean;
  /** Milliseconds on the monotonic clock of the policies. */
  readonly startedAt: number;
  /** Calls that the endpoint has of others than this gateway, as far as it told. */
  readonly foreignCalls: number;
}

/** How a try ended. */
export interface AttemptEnd {
  /** Undefined: it was answered. */
  readonly error: InferError | undefined;
  readonly endedAt: number;
  readonly tookMs: number;
  /** What that says of the endpoint. */
  readonly outcome: Outcome;
}

/** Learns from tries: it is told of each when it begins, and what it answers is told how that one ended. */
export type Observe = (attempt: Attempt) => (end: AttemptEnd) => void;
