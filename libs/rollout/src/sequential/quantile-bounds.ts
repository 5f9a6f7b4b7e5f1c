/** Bounds on a quantile, of values that were counted in bins, that hold at every look. */
import { countOf, unbounded, upperMs } from '../histogram.ts';
import { type Bounds, outside } from './mean-bounds.ts';

/**
 * The confidence sequence of a quantile in milliseconds: with probability `1 - alpha` it lies above `lower` and not above `upper` at all times together.
 *
 * How many values are not above the end of a bin is a sum of zeros and ones, whose mean `meanBounds` has; the quantile is above each end whose mean is
 * surely below `quantile`, and not above each whose mean surely is not. All bins may be looked at for the price of one: a wrong word on any end says, as the
 * counts grow from bin to bin, a wrong word on the end next to the true quantile, on either side of it (Howard, Ramdas, "Sequential estimation of quantiles
 * with applications to A/B testing and best-arm identification", Bernoulli 28, 2022, where the quantile is fixed).
 */
export function quantileBounds(bins: readonly number[], quantile: number, alpha: number): Bounds {
  const count = countOf(bins);
  let below = 0;
  let lower = 0;
  for (const [bin, own] of bins.entries()) {
    below += own;
    if (!outside({ count, sum: below }, alpha / 2)(quantile)) continue;
    if (below < quantile * count) lower = upperMs(bin);
    else return { lower, upper: upperMs(bin) };
  }
  return { lower, upper: unbounded };
}
