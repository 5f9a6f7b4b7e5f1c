/** Bounds on a mean that hold at every look, however often and whenever somebody looks. */
import { logBeta } from './log-beta.ts';

export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Jeffreys' prior: the bounds are tight for rates near 0 and 1, as those of errors are. */
const prior = 0.5;

/** Halvings of an interval: to 1e-12. */
const halvings = 40;

/**
 * The confidence sequence of a mean of values between 0 and 1, of which `count` have the sum `sum`: with probability `1 - alpha` the mean lies between the
 * bounds at all times together, so that they may be looked at after each value and acted on at any.
 *
 * For a mean `p` the process `M(p) = B(a + sum, b + count - sum) / B(a, b) / (p^sum (1 - p)^(count - sum))` is a nonnegative martingale where the values are 0
 * and 1 (a mixture of likelihood ratios over a beta prior: the mixture SPRT of Robbins, "Statistical Methods Related to the Law of the Iterated Logarithm",
 * Ann. Math. Stat. 41, 1970; for experiments Johari, Koomen, Pekelis, Walsh, "Always Valid Inference", Oper. Res. 70, 2022), and a supermartingale where they
 * lie between, since `(q/p)^x ((1-q)/(1-p))^(1-x)` is convex in `x` (the sub-Bernoulli case of the beta-binomial mixture: Howard, Ramdas, McAuliffe, Sekhon,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", Ann. Stat. 49, 2021). By Ville's inequality it reaches `1 / alpha` with probability
 * `alpha` at most; the bounds are where it has not. Each value has to have the mean `p` given those before it.
 */
export function meanBounds(mean: CountedMean, alpha: number): Bounds {
  const { count, sum } = mean;
  if (count === 0) return { lower: 0, upper: 1 };
  const isOut = outside(mean, alpha);
  const inside = Math.min(1, Math.max(0, sum / count));
  return { lower: edge(isOut, inside, 0), upper: edge(isOut, inside, 1) };
}

export interface CountedMean {
  readonly count: number;
  /** Of values between 0 and 1. */
  readonly sum: number;
}

/** Whether a mean lies outside of the bounds of {@link meanBounds}, without looking for these. */
export function outside({ count, sum }: CountedMean, alpha: number): (p: number) => boolean {
  const mixture = logBeta(prior + sum, prior + count - sum) - logBeta(prior, prior);
  const threshold = Math.log(1 / alpha);
  return (p) => mixture - times(sum, Math.log(p)) - times(count - sum, Math.log1p(-p)) >= threshold;
}

/** 0 times infinity is none here: what has not happened says nothing. */
const times = (count: number, log: number): number => (count <= 0 ? 0 : count * log);

/** Between what is in and the end of all, which is out unless all of it is in. */
function edge(isOut: (p: number) => boolean, inside: number, end: number): number {
  if (inside === end || !isOut(end)) return end;
  let near = inside;
  let far = end;
  for (let n = 0; n < halvings; n++) {
    const middle = (near + far) / 2;
    if (isOut(middle)) far = middle;
    else near = middle;
  }
  // The wider one: the bounds have to hold.
  return far;
}
