/** Samples kept of each name. */
const samplesMax = 64;
/** Fewer say nothing. */
const samplesMin = 20;
/** Older ones say little of how it is now: nobody is refused for them without that one tries again. */
const freshMs = 30_000;
/** Older ones say nothing: what is rare is learned over its last calls, not over so many seconds. */
const validMs = 600_000;
/** A median is worked out at most so often. */
const refreshMs = 1_000;

interface Place {
  readonly ms: Float64Array;
  readonly at: Float64Array;
  next: number;
  /** When it was recorded last, and when one was let through to find out. */
  lastAt: number;
  triedAt: number;
  median: number | undefined;
  medianAt: number;
}

/** How long each of several things usually takes, by their names: the median of its last successes. `now`: milliseconds on a monotonic clock. */
export class LatencyTracker {
  readonly #places = new Map<string, Place>();

  record(name: string, ms: number, now: number): void {
    const place = this.#places.get(name) ?? emptyPlace();
    this.#places.set(name, place);
    place.ms[place.next] = ms;
    place.at[place.next] = now;
    place.next = (place.next + 1) % samplesMax;
    place.lastAt = now;
  }

  /**
   * Milliseconds: the median of the last 30 s where these have 20 samples. Else that of the last 20 samples, of ten minutes at most; but no more than each
   * of the last 30 s took, so that a slow spell is forgotten by the first that was quick again. Undefined with fewer.
   */
  usualMs(name: string, now: number): number | undefined {
    const place = this.#places.get(name);
    if (!place) return undefined;
    // While there is none it costs little: whoever is asked often soon has enough samples.
    if (place.median === undefined || now - place.medianAt >= refreshMs) {
      place.median = medianOf(place, now);
      place.medianAt = now;
    }
    return place.median;
  }

  /**
   * Whether to try it although it usually takes too long: nothing has told for 30 s whether it still does. True once, and again 30 s later, so that what
   * was slow for a while is not refused for ever, and what is slow costs one call in 30 s.
   */
  takeTrial(name: string, now: number): boolean {
    const place = this.#places.get(name);
    if (!place || now - Math.max(place.lastAt, place.triedAt) <= freshMs) return false;
    place.triedAt = now;
    return true;
  }
}

const emptyPlace = (): Place => ({
  ms: new Float64Array(samplesMax),
  at: new Float64Array(samplesMax).fill(Number.NEGATIVE_INFINITY),
  next: 0,
  lastAt: Number.NEGATIVE_INFINITY,
  triedAt: Number.NEGATIVE_INFINITY,
  median: undefined,
  medianAt: Number.NEGATIVE_INFINITY,
});

function medianOf({ ms, at, next }: Place, now: number): number | undefined {
  const youngerThan = (ageMs: number): Float64Array => ms.filter((_, index) => now - (at[index] ?? 0) <= ageMs);
  const fresh = youngerThan(freshMs).sort();
  if (fresh.length >= samplesMin) return fresh[fresh.length >> 1];
  const last = Array.from({ length: samplesMin }, (_, back) => (next - 1 - back + samplesMax) % samplesMax);
  if (last.some((index) => now - (at[index] ?? 0) > validMs)) return undefined;
  const median = last.map((index) => ms[index] ?? 0).sort((a, b) => a - b)[samplesMin >> 1] ?? 0;
  return Math.min(median, fresh.at(-1) ?? median);
}
