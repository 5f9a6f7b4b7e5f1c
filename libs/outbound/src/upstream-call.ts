/** What an upstream knows of one call. */
import type { CallContext, Infer, InferError, InferRequest } from '@sheaf/inference';
import type { Outcome, Pass } from './breaker.ts';
import type { Blame } from './quarantine.ts';
import type { Stay } from './stays.ts';
import type { WorkEnd } from './work-ahead.ts';

/** An address of the service, as the upstream sees it. */
export interface UpstreamEndpoint {
  readonly target: string;
  readonly isReady: boolean;
  readonly busy: number;
  /** Of its places for calls of a model that wait, the part that is taken. */
  utilization(model: string): number;
  readonly infer: Infer;
}

/** What calls have in common that take about as long as one another. */
export interface Kind {
  readonly model: string;
  readonly version: string;
  readonly key: string;
}

/** One call, from its first try to its last. */
export interface Call {
  readonly kind: Kind;
  readonly request: InferRequest;
  readonly context: CallContext;
  readonly usualMs: number | undefined;
  /** Whether calls of its own tenant say so: only then is it slow for taking longer, since others may ask what is done sooner. */
  readonly isOwn: boolean;
  /** Endpoints that failed it; asked again only when there is no other. */
  readonly tried: Set<UpstreamEndpoint>;
  /** Of those, the ones that had too much to do. */
  readonly overloaded: Set<UpstreamEndpoint>;
  attempts: number;
  retries: number;
  /** Processes that were lost with it, or with the same request before. */
  lost: number;
  /** Until then it may wait for a restart; undefined while it has not. */
  waitsUntil: number | undefined;
}

export interface Choice {
  readonly endpoint: UpstreamEndpoint;
  readonly pass: Pass | undefined;
  /** It is the one call that finds out whether a breaker may close. */
  readonly isTrial: boolean;
  readonly isProbe: boolean;
}

/** Undefined: of none. */
interface Blamed {
  readonly request?: Blame;
  readonly caller?: Blame;
}

/**
 * Who is to blame for an error. Of a run past its limit the process says whose it was. One that is lost says nothing: then it is sure only of a try that
 * was there alone after another was lost. Beside others it may be anybody's: to be lost again makes a suspect of the request, and says nothing of its caller.
 */
export function blameOf(error: InferError, { isIsolated, wasOnly }: Stay): Blamed {
  const { endedRun, progress } = error;
  const told = endedRun?.calls === 1 ? 'sure' : 'shared';
  if (endedRun) return { request: told, caller: told };
  if (progress !== 'lost') return {};
  if (!isIsolated) return wasOnly ? { caller: 'shared' } : {};
  return wasOnly ? { request: 'sure', caller: 'sure' } : { request: 'shared' };
}

export function endOf(error: InferError | undefined): WorkEnd {
  if (!error) return 'answered';
  return error.code === 'DEADLINE_EXCEEDED' || error.code === 'CANCELLED' ? 'left' : 'failed';
}

export const endedCall = (outcome: Outcome, kind: string, tookMs: number) =>
  outcome === 'ignored' ? undefined : { isGood: outcome !== 'failure', kind, tookMs };
