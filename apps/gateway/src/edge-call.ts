/** What an edge knows of one call. */
import type { CallContext, Infer, InferError, InferRequest } from '@sheaf/inference';
import type { Outcome, Pass } from '@sheaf/layers';
import { isLost } from '@sheaf/routing';
import type { LoneTry } from './lone-tries.ts';
import type { Blame } from './quarantine.ts';
import type { WorkEnd } from './work-ahead.ts';

/** An address of the service, as the edge sees it. */
export interface EdgeEndpoint {
  readonly target: string;
  readonly isReady: boolean;
  readonly busy: number;
  /** Of its places for calls of a model that wait, the part that is taken. */
  fullness(model: string): number;
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
  /** Endpoints that failed it; asked again only when there is no other. */
  readonly tried: Set<EdgeEndpoint>;
  /** Of those, the ones that had too much to do. */
  readonly overloaded: Set<EdgeEndpoint>;
  attempts: number;
  retries: number;
  /** Processes that were lost with it, or with the same request before. */
  lost: number;
  /** Until then it may wait for a restart; undefined while it has not. */
  waitsUntil: number | undefined;
}

export interface Choice {
  readonly endpoint: EdgeEndpoint;
  readonly pass: Pass | undefined;
  /** It is the one call that finds out whether a breaker may close. */
  readonly isTrial: boolean;
  readonly isProbe: boolean;
}

/** Of a run past its limit, and of a lone try whose process is gone; undefined for all else. */
export function blameOf(error: InferError, lone: LoneTry | undefined): Blame | undefined {
  if (error.metadata.process_ends === 'true') return error.metadata.batch_calls === '1' ? 'sure' : 'shared';
  return lone && isLost(error) ? (lone.wasOnly ? 'sure' : 'shared') : undefined;
}

export function endOf(error: InferError | undefined): WorkEnd {
  if (!error) return 'answered';
  return error.code === 'DEADLINE_EXCEEDED' || error.code === 'CANCELLED' ? 'left' : 'failed';
}

export const endedCall = (outcome: Outcome, kind: string, tookMs: number) =>
  outcome === 'ignored' ? undefined : { isGood: outcome !== 'failure', kind, tookMs };
