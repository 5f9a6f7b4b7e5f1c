/** A larger weight says no more, and sums of these are far from where numbers end. */
export const weightMax = 1e6;

/** Decimal weights are not exact in binary: 0.7 + 0.2 + 0.1 is not 1. */
const tolerance = 1e-9;

/** Whether weights come to what is wanted. They are summed in the order given, so that who answers first changes nothing. */
export const reach = (weights: readonly number[], wanted: number): boolean =>
  weights.reduce((sum, weight) => sum + weight, 0) >= wanted * (1 - tolerance);
