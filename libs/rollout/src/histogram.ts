/** Counts by size, in bins that are the same everywhere: those of several gateways are added bin by bin. */

/** Of bin 0, in milliseconds; each further one reaches a tenth higher. */
const firstMs = 0.05;
const growth = 1.1;
/** The last has all that is longer, from 81 s on. */
export const binsMax = 152;

/** Sparse at the end: bins beyond the last that counted are not there. */
export type Bins = number[];

/** More than any number that is counted. Finite, since JSON has no other. */
export const unbounded = Number.MAX_VALUE;

/** The upper end of a bin, in milliseconds; that of the last has none. */
export const upperMs = (bin: number): number => (bin >= binsMax - 1 ? unbounded : firstMs * growth ** bin);

const binOf = (ms: number): number =>
  ms <= firstMs ? 0 : Math.min(binsMax - 1, Math.ceil(Math.log(ms / firstMs) / Math.log(growth) - 1e-9));

export function countMs(bins: Bins, ms: number): void {
  add(bins, binOf(ms));
}

/** How far apart two numbers are: bin 0 is not at all, then half decades from 1e-9 on; the last has all from 1e6 on. */
const differencesMax = 32;
const firstDifference = 1e-9;

export const upperDifference = (bin: number): number =>
  bin === 0 ? 0 : bin >= differencesMax - 1 ? unbounded : firstDifference * 10 ** ((bin - 1) / 2);

/** Not a number counts as infinitely far. */
export function countDifference(bins: Bins, difference: number): void {
  if (difference === 0) add(bins, 0);
  else if (!(difference < Number.POSITIVE_INFINITY)) add(bins, differencesMax - 1);
  else
    add(bins, Math.min(differencesMax - 1, Math.max(1, Math.ceil(2 * Math.log10(difference / firstDifference)) + 1)));
}

function add(bins: Bins, bin: number): void {
  while (bins.length <= bin) bins.push(0);
  bins[bin] = (bins[bin] as number) + 1;
}

export const addBins = (a: readonly number[], b: readonly number[]): Bins =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, bin) => (a[bin] ?? 0) + (b[bin] ?? 0));

export const countOf = (bins: readonly number[]): number => bins.reduce((sum, count) => sum + count, 0);

/** The upper end of the bin in which this part of all is reached; undefined of none. */
export function quantileOf(
  bins: readonly number[],
  quantile: number,
  upper: (bin: number) => number,
): number | undefined {
  const wanted = quantile * countOf(bins);
  let below = 0;
  for (const [bin, count] of bins.entries()) {
    below += count;
    if (count > 0 && below >= wanted) return upper(bin);
  }
  return undefined;
}
