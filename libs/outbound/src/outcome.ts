import type { InferError } from '@sheaf/inference';
import type { Outcome } from './breaker.ts';

/** One try of a call, as far as a breaker cares. */
export interface EndedTry {
  /** Undefined: it was answered. */
  readonly error: InferError | undefined;
  readonly tookMs: number;
  /** What there was until its deadline when it began. */
  readonly givenMs: number;
  /** What it usually takes behind the calls that the endpoint had already; undefined while nobody knows. */
  readonly expectedMs: number | undefined;
  /** Whether the endpoint had calls of which nobody here knows how long they take. */
  readonly isBehindOthers: boolean;
  /** A configured bound, which then counts instead of the learned one. */
  readonly slowMs: number | undefined;
}

/** So many times what was expected is slow, */
const slowFactor = 10;
/** but nothing is that takes less. */
const slowMinMs = 100;
/** Who gives less than so many times what was expected asks for too much, */
const floorFactor = 2;
/** and in any case who gives less than this. */
const floorMinMs = 50;

export function outcomeOf({ error, tookMs, givenMs, expectedMs, isBehindOthers, slowMs }: EndedTry): Outcome {
  if (!error) return tookMs > (slowMs ?? learnedBound(expectedMs)) ? 'slow' : 'success';
  if (!error.countsAgainstBreaker) return 'ignored';
  if (error.code !== 'DEADLINE_EXCEEDED') return 'failure';
  // Whether it was time enough, nobody can say: a deadline is the caller's choice, and what it asks too.
  if (expectedMs === undefined || isBehindOthers) return 'ignored';
  return givenMs < Math.max(floorMinMs, floorFactor * expectedMs) ? 'ignored' : 'failure';
}

const learnedBound = (expectedMs: number | undefined): number =>
  expectedMs === undefined ? Number.POSITIVE_INFINITY : Math.max(slowMinMs, slowFactor * expectedMs);
