/** Samples kept of each place. */
const samplesMax = 64;
/** Fewer say nothing. */
const samplesMin = 20;
/** Older ones say nothing of how it is now: a slow spell is forgotten. */
const validMs = 30_000;
/** A median is worked out at most so often. */
const refreshMs = 1_000;

interface Place {
  readonly ms: Float64Array;
  readonly at: Float64Array;
  next: number;
  median: number | undefined;
  medianAt: number;
  /** When too few samples are left of those that the median was worked out from. */
  validUntil: number;
}

/** How long each stage usually takes: the median of its last successes. One book belongs to one version of one pipeline over one set of models. */
export class TimeBook {
  readonly #places = new Map<string, Place>();

  record(name: string, ms: number, now: number): void {
    let place = this.#places.get(name);
    if (!place) {
      const at = new Float64Array(samplesMax).fill(Number.NEGATIVE_INFINITY);
      place = {
        ms: new Float64Array(samplesMax),
        at,
        next: 0,
        median: undefined,
        medianAt: -Infinity,
        validUntil: -Infinity,
      };
      this.#places.set(name, place);
    }
    place.ms[place.next] = ms;
    place.at[place.next] = now;
    place.next = (place.next + 1) % samplesMax;
  }

  /** Milliseconds; undefined with fewer than 20 samples of the last 30 s. */
  usualMs(name: string, now: number): number | undefined {
    const place = this.#places.get(name);
    if (!place) return undefined;
    const isOld = now - place.medianAt >= refreshMs || now > place.validUntil;
    // While there is none it costs little: whoever is asked often soon has enough samples.
    if (place.median === undefined || isOld) refresh(place, now);
    return place.median;
  }
}

function refresh(place: Place, now: number): void {
  const valid = place.ms.filter((_, index) => now - (place.at[index] ?? 0) <= validMs).sort();
  place.median = valid.length < samplesMin ? undefined : valid[valid.length >> 1];
  place.medianAt = now;
  const startedAt = place.at.toSorted().at(-samplesMin) ?? -Infinity;
  place.validUntil = startedAt + validMs;
}
