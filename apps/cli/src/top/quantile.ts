/** How many values were at most as large as each upper bound, as the buckets of Prometheus count. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * Estimates a quantile (0 to 1) as `histogram_quantile` of Prometheus does: the values of a bucket lie evenly in it, and of those above the last bound
 * nothing is known but that. Undefined where there is no value.
 */
export function quantileOf(quantile: number, buckets: Buckets): number | undefined {
  const ordered = [...buckets].sort(([one], [other]) => one - other);
  const total = ordered.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return undefined;
  const rank = quantile * total;
  let lower = 0;
  let below = 0;
  for (const [upper, count] of ordered) {
    if (count >= rank && count > below) {
      if (upper === Infinity) return lower;
      return lower + ((upper - lower) * (rank - below)) / (count - below);
    }
    lower = upper === Infinity ? lower : upper;
    below = count;
  }
  return lower;
}
