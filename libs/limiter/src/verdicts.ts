/** From what each take of a call comes to, to the verdict. */
import type { Standing, Verdict } from './limiter.ts';

/** What a take comes to is a number: one of these, or the milliseconds to wait (Infinity: waiting does not help). */
export const granted = -1;
/** Its quota must be asked for in the book first. */
export const short = -2;
/** Its state cannot be asked. */
export const shut = -3;

export type Refusal = Extract<Verdict, { taken: false }>;

/** What a caller is told to wait when we do not know how long the state will stay away. */
export const closedRetryMs = 1000;

/** Of several refused takes the one that takes longest counts. */
export function refusal(waits: readonly number[], standings: readonly Standing[]): Refusal {
  const waitMs = Math.max(...waits);
  return {
    taken: false,
    refused: waits.indexOf(waitMs),
    why: waitMs === Number.POSITIVE_INFINITY ? 'too-costly' : 'empty',
    retryAfterMs: waitMs === Number.POSITIVE_INFINITY ? -1 : waitMs,
    standings,
  };
}

export function closed(refused: number, standings: readonly Standing[]): Refusal {
  return { taken: false, refused, why: 'closed', retryAfterMs: closedRetryMs, standings };
}
