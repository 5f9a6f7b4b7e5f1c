/** The logarithm of the gamma function, for numbers above 0: Stirling's series, from 10 on good to twelve digits; smaller ones by gamma(x + 1) = x gamma(x). */
function logGamma(value: number): number {
  let x = value;
  let shift = 0;
  for (; x < 10; x++) shift += Math.log(x);
  const square = 1 / (x * x);
  const series = (1 / x) * (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square / 1_680)));
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** The logarithm of the beta function. */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);
