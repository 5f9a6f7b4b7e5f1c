/** The shipped rules with shorter times, so that a test need not last a day. */

/** An hour is a minute then. */
export const scale = 1 / 60;

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const shorter = (count: string, unit: string): string => `${Math.round(Number(count) * (unitMs[unit] ?? 0) * scale)}ms`;

/** Windows in square brackets, and how long an alert holds before it fires (`for`), are 60 times as short. All else is as it was: names, bounds, factors. */
export const shorterRules = (text: string): string =>
  text
    .replace(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => `[${shorter(count, unit)}]`)
    .replace(
      /^(\s+for: )(\d+)([smhd])$/gm,
      (_, before: string, count: string, unit: string) => before + shorter(count, unit),
    );
