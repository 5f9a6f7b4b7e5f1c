import type { InferError } from '@sheaf/inference';

/** What is known when a try has failed. */
export interface FailedTry {
  readonly error: InferError;
  /** Whether asking twice does no more than asking once. */
  readonly isPure: boolean;
  /** Tries beyond the first so far, those left out that are sure not to have begun. */
  readonly retries: number;
  /** Of the tries of this call, so many lost the process that had them. */
  readonly lost: number;
  /** Until the deadline. */
  readonly remainingMs: number;
  /** What the call usually takes; undefined while nobody knows. */
  readonly usualMs: number | undefined;
}

export type RetryDecision =
  | { readonly kind: 'give-up' }
  /** After `delayMs`, if the budget allows. */
  | { readonly kind: 'again'; readonly delayMs: number };

/** Beyond the first try. */
const retriesMax = 2;
const lostMax = 1;
const baseMs = 25;
const backOffMaxMs = 10 * baseMs;

const giveUp: RetryDecision = { kind: 'give-up' };

/** Full jitter over a back-off that doubles, unless the server says when. `random` gives numbers in [0, 1). */
export function decideRetry(failed: FailedTry, random: () => number): RetryDecision {
  const { error, isPure, retries, lost, remainingMs, usualMs = 0 } = failed;
  const pushbackMs = error.retryAfterMs;
  if (!error.retryable || retries >= retriesMax || lost > lostMax) return giveUp;
  if (!isPure && error.progress !== 'not-begun') return giveUp;
  if (pushbackMs !== undefined && pushbackMs < 0) return giveUp;
  const delayMs = pushbackMs ?? random() * Math.min(backOffMaxMs, baseMs * 2 ** retries);
  return remainingMs <= delayMs + usualMs ? giveUp : { kind: 'again', delayMs };
}
