/** Amounts that are written with their unit. */
import type { Reader } from './reader.ts';

const msPer: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** The look ahead refuses what comes to nothing. */
const durationPattern = /^(?=[0.]*[1-9])([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)$/;

/** A time such as `20ms`, `1.5s`, `2m` or `24h`, in milliseconds; more than none. */
export const duration: Reader<number> = {
  expected: 'a time such as 20ms, 1.5s, 2m or 24h',
  read(value, path, problems) {
    const [, amount = '', unit = ''] = (typeof value === 'string' && durationPattern.exec(value)) || [];
    const ms = Number(amount) * (msPer[unit] ?? 0);
    return ms > 0 ? ms : problems.wanted(path, duration.expected, value);
  },
  schema: () => ({ type: 'string', pattern: durationPattern.source }),
};

const bytesPer: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const bytesPattern = /^([0-9]{1,9}) ?([KMG]iB)$/;

/** NaN where it is no amount. */
function bytesOf(value: unknown): number {
  const [, digits, unit = ''] = (typeof value === 'string' && bytesPattern.exec(value)) || [];
  return Number(digits) * (bytesPer[unit] ?? Number.NaN);
}

/** An amount of memory with its unit, such as `512MiB`, in bytes; `min` and `max` are amounts too. */
export function bytes(min: string, max: string): Reader<number> {
  const expected = `an amount from ${min} to ${max}, in KiB, MiB or GiB, such as 512MiB`;
  return {
    expected,
    read(value, path, problems) {
      const amount = bytesOf(value);
      const isInRange = amount >= bytesOf(min) && amount <= bytesOf(max);
      return isInRange ? amount : problems.wanted(path, expected, value);
    },
    schema: () => ({ type: 'string', pattern: bytesPattern.source }),
  };
}

/** A number of bytes, or an amount with its unit. */
export function byteCount(min: number, max: number): Reader<number> {
  const expected = `an integer from ${min} to ${max}, or an amount such as 512MiB`;
  return {
    expected,
    read(value, path, problems) {
      const count = typeof value === 'number' && Number.isInteger(value) ? value : bytesOf(value);
      return count >= min && count <= max ? count : problems.wanted(path, expected, value);
    },
    schema: () => ({
      anyOf: [
        { type: 'integer', minimum: min, maximum: max },
        { type: 'string', pattern: bytesPattern.source },
      ],
    }),
  };
}
