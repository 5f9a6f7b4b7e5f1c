/**
 * How many runs of one model version may go on at once, learned from how long they take: the gradient of Netflix's concurrency-limits
 * (`Gradient2Limit.java`). Runs that take longer than such runs do in the long term say that something is short, of cores or of memory, and that fewer
 * at once would be done sooner. The time is that of the run alone: what a call waits before says nothing about the machine.
 */

/** A run may take so many times the usual before it counts. */
const tolerance = 1.5;
/** How much of the way to its new value the limit goes with each run. */
const smoothing = 0.2;
/** Netflix's queueSize, by which the limit grows. A limit of a few would never fall with it, so small ones grow by a part of themselves. */
const headroomMax = 4;
const headroomPart = 1 / 8;
/** Samples that the long term is about, and those that are plainly averaged until there is one. */
const longWindow = 600;
const longWarmUp = 10;
const limitMin = 1;

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/** What runs take in the long term. */
export interface LongTerm {
  readonly ms: number;
  readonly samples: number;
}

export const noLongTerm: LongTerm = { ms: 0, samples: 0 };

/** The exponential average over 600 samples, the first ten a plain one. After a slow spell it comes down fast: by 5 % a run while runs take half of it. */
export function nextLongTerm({ ms, samples }: LongTerm, shortMs: number): LongTerm {
  const weight = samples < longWarmUp ? 1 / (samples + 1) : 2 / (longWindow + 1);
  const average = ms + (shortMs - ms) * weight;
  return { ms: average > 2 * shortMs ? average * 0.95 : average, samples: samples + 1 };
}

/**
 * `limit <- 0.8 limit + 0.2 (limit clamp(1.5 long / short, 0.5, 1) + headroom)`, never below 1. A limit that was not half used stays: that the runs were fast
 * says nothing about it.
 */
export function nextLimit(limit: number, longMs: number, shortMs: number, atOnce: number, max: number): number {
  if (atOnce < limit / 2) return limit;
  const gradient = clamp((tolerance * longMs) / shortMs, 0.5, 1);
  const headroom = Math.min(headroomMax, limit * headroomPart);
  return clamp(limit * (1 - smoothing) + (limit * gradient + headroom) * smoothing, limitMin, max);
}

/** Runs of more rows take longer, and are compared with their like: of up to 1, 2, 4, 8... rows. */
export const sizeBucket = (rows: number): number => Math.ceil(Math.log2(Math.max(1, rows)));

/** The limit of one model version. It begins at `max`, so that nothing is slower before something is known. */
export class AdaptiveLimit {
  readonly #max: number;
  readonly #learns: boolean;
  readonly #longTerms = new Map<number, LongTerm>();
  #limit: number;

  /** `learns` false: it stays at `max`. */
  constructor(max: number, learns = true) {
    this.#max = max;
    this.#learns = learns;
    this.#limit = max;
  }

  /** A run of so many rows took so long, while `atOnce` ran in all. */
  add(rows: number, ms: number, atOnce: number): void {
    // A clock that is too coarse for the run.
    if (!this.#learns || !(ms > 0)) return;
    const bucket = sizeBucket(rows);
    const longTerm = nextLongTerm(this.#longTerms.get(bucket) ?? noLongTerm, ms);
    this.#longTerms.set(bucket, longTerm);
    this.#limit = nextLimit(this.#limit, longTerm.ms, ms, atOnce, this.#max);
  }

  get runs(): number {
    return Math.round(this.#limit);
  }
}
