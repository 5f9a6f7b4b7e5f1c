/**
 * How far a distribution has moved (population stability index), and how far it would by chance. The usual limits of 0.1 and 0.25 say nothing by themselves: of
 * two samples of 100 from the same distribution the index is above 0.1 in 85 of 100 cases.
 */

export interface Stability {
  /** 0: the two are the same. */
  readonly psi: number;
  /** What two samples of this size from the same distribution stay below, with the confidence that was asked for. */
  readonly byChance: number;
}

/** Bins hold as much of the reference each. */
const binsMax = 10;
/** No bin is empty, or one row would make the index infinite. */
const smoothing = 0.5;

/** Of numbers: bins at the quantiles of `reference`. Values that are not finite have a bin of their own. */
export function stabilityOfNumbers(
  reference: readonly number[],
  values: readonly number[],
  confidence: number,
): Stability {
  const edges = quantiles(reference.filter(Number.isFinite));
  const binOf = (value: number): string => {
    if (!Number.isFinite(value)) return 'none';
    const at = edges.findIndex((edge) => value <= edge);
    return String(at === -1 ? edges.length : at);
  };
  return stabilityOfCategories(reference.map(binOf), values.map(binOf), confidence);
}

/** The inner edges of the bins; fewer where values come often. */
function quantiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const edges = Array.from(
    { length: binsMax - 1 },
    (_, index) => sorted[Math.ceil(((index + 1) * sorted.length) / binsMax) - 1] ?? 0,
  );
  return [...new Set(edges)];
}

/** Of categories: the rarest of many are one. */
export function stabilityOfCategories(
  reference: readonly string[],
  values: readonly string[],
  confidence: number,
): Stability {
  const counts = (all: readonly string[]): ReadonlyMap<string, number> =>
    new Map([...Map.groupBy(all, (one) => one)].map(([name, some]) => [name, some.length]));
  const [before, now] = [counts(reference), counts(values)];
  const known = [...before].toSorted(([, a], [, b]) => b - a).map(([name]) => name);
  const own = known.slice(0, binsMax - 1);
  const rest = (of: ReadonlyMap<string, number>, total: number): number =>
    total - own.reduce((sum, name) => sum + (of.get(name) ?? 0), 0);
  const [n, m] = [reference.length, values.length];
  const pairs = own.map((name) => [before.get(name) ?? 0, now.get(name) ?? 0] as const);
  const [restBefore, restNow] = [rest(before, n), rest(now, m)];
  const bins = restBefore + restNow > 0 ? [...pairs, [restBefore, restNow] as const] : pairs;
  const share = (count: number, total: number): number => (count + smoothing) / (total + smoothing * bins.length);
  const psi = bins.reduce((sum, [was, is]) => {
    const [p, q] = [share(was, n), share(is, m)];
    return sum + (q - p) * Math.log(q / p);
  }, 0);
  return { psi, byChance: (1 / n + 1 / m) * chiSquareQuantile(Math.max(1, bins.length - 1), confidence) };
}

/** By Wilson and Hilferty (1931): good to a hundredth where it matters here. */
function chiSquareQuantile(degrees: number, confidence: number): number {
  const part = 2 / (9 * degrees);
  return degrees * Math.max(0, 1 - part + normalQuantile(confidence) * Math.sqrt(part)) ** 3;
}

/** By Abramowitz and Stegun, 26.2.23: the error is below 0.0005. Of what is above one half. */
function normalQuantile(confidence: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - confidence));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
}
