/** What follows an error of a try: another one later, or the end. */
import { asInferError, type InferError } from '@sheaf/inference';
import type { JobError, Outcome } from '@sheaf/jobs';

/** Another try may come to something else: what was not there may be there then, and who had no room may have some. */
const retried: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'RESOURCE_EXHAUSTED',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
  'UNKNOWN',
]);
/** They say that another try is in vain, whatever their code is. */
const endings: ReadonlySet<string> = new Set([
  'REQUEST_QUARANTINED',
  'RUN_LIMIT_EXCEEDED',
  'MODEL_BROKEN',
  'OUTPUT_MISMATCH',
  'MESSAGE_TOO_LARGE',
  'RESULT_TOO_LARGE',
]);

const firstMs = 1_000;
const longestMs = 300_000;

/** Whether a try that failed so is worth another. */
export const isRetried = (error: InferError): boolean =>
  retried.has(error.code) && !endings.has(error.reason) && !error.decision?.startsWith('rule:');

export const jobError = ({ code, reason, message }: InferError): JobError => ({ code, reason, message });

/** So long the next try waits after the one of this number: twice as long each time, up to 5 minutes, of which a random half is taken off; at least what was asked for. */
export function backOffMs(attempt: number, error: InferError, random = Math.random): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.max(0, attempt - 1));
  const askedMs = Math.max(error.retryAfterMs ?? 0, error.retryDelayMs ?? 0);
  return Math.max(askedMs, wholeMs * (0.5 + random() / 2));
}

export interface RetryPorts {
  /** Wall-clock milliseconds. Default: those of this machine. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** What comes of a try that failed. `attempt` is its number, from 1. */
export function outcomeOf(thrown: unknown, attempt: number, { now = Date.now, random }: RetryPorts = {}): Outcome {
  const error = asInferError(thrown);
  const failed = { kind: 'failed', error: jobError(error) } as const;
  return isRetried(error) ? { ...failed, retryAt: Math.ceil(now() + backOffMs(attempt, error, random)) } : failed;
}
