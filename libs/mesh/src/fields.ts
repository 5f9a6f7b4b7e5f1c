import { isIPv6 } from 'node:net';
import type { MeshProblem } from './problem.ts';
import type { YamlFile } from './yaml-file.ts';

type Path = readonly (string | number)[];
export type Field<T> = (value: unknown, wrong: (wanted: string) => undefined) => T | undefined;

const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the optional fields of one YAML mapping; unknown keys and wrong values go to `problems`, with their places. */
export function readFields<T extends Record<string, Field<unknown>>>(
  yaml: YamlFile,
  path: Path,
  value: unknown,
  fields: T,
  problems: MeshProblem[],
): { [K in keyof T]?: Exclude<ReturnType<T[K]>, undefined> } {
  if (value === null || value === undefined) return {};
  if (!isRecord(value)) {
    problems.push(yaml.place(path, `want a mapping of ${Object.keys(fields).join(', ')}, got ${show(value)}`));
    return {};
  }
  const read: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    const wrong = (wanted: string): undefined => {
      problems.push(yaml.place([...path, key], `want ${wanted}, got ${show(item)}`));
      return undefined;
    };
    if (!field)
      problems.push(yaml.place([...path, key], `unknown key; the keys are ${Object.keys(fields).join(', ')}`));
    else {
      const parsed = field(item, wrong);
      if (parsed !== undefined) read[key] = parsed;
    }
  }
  return read as { [K in keyof T]?: Exclude<ReturnType<T[K]>, undefined> };
}

export const integer =
  (min: number, max: number): Field<number> =>
  (value, wrong) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : wrong(`an integer from ${min} to ${max}`);

const byteUnits: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** An amount of memory with its unit, such as `512MiB`, in bytes. */
export const bytes =
  (min: string, max: string): Field<number> =>
  (value, wrong) => {
    const amount = bytesOf(value);
    const inRange = amount >= bytesOf(min) && amount <= bytesOf(max);
    return inRange ? amount : wrong(`an amount from ${min} to ${max}, in KiB, MiB or GiB, such as 512MiB`);
  };

/** A number of bytes, or an amount of memory with its unit. */
export const byteCount =
  (min: number, max: number): Field<number> =>
  (value, wrong) => {
    const count = typeof value === 'number' && Number.isInteger(value) ? value : bytesOf(value);
    return count >= min && count <= max
      ? count
      : wrong(`an integer from ${min} to ${max}, or an amount such as 512MiB`);
  };

function bytesOf(value: unknown): number {
  const [, digits, unit = ''] = /^(\d{1,9}) ?([KMG]iB)$/.exec(typeof value === 'string' ? value : '') ?? [];
  return Number(digits) * (byteUnits[unit] ?? Number.NaN);
}

export const boolean: Field<boolean> = (value, wrong) => (typeof value === 'boolean' ? value : wrong('true or false'));

export const integers =
  (min: number, max: number): Field<readonly number[]> =>
  (value, wrong) =>
    Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= min && item <= max)
      ? (value as number[])
      : wrong(`a list of integers from ${min} to ${max}`);

/** A list of some of `values`, each once. */
export const oneOrMore =
  <T extends string>(values: readonly T[]): Field<readonly [T, ...T[]]> =>
  (value, wrong) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item, index) => values.includes(item) && value.indexOf(item) === index)
      ? (value as unknown as readonly [T, ...T[]])
      : wrong(`a list of ${values.join(', ')}, each at most once`);

export const text =
  (wanted: string, pattern: RegExp): Field<string> =>
  (value, wrong) =>
    typeof value === 'string' && pattern.test(value) ? value : wrong(wanted);

/** Names of variables of the environment. */
export const variables: Field<readonly string[]> = (value, wrong) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(item))
    ? (value as string[])
    : wrong('a list of names of variables of the environment');

/** The name or address of a host; an IPv6 address may stand in brackets, and comes without. */
export const host: Field<string> = (value, wrong) => {
  const given = typeof value === 'string' ? value : '';
  const inBrackets = /^\[(.*)\]$/.exec(given)?.[1];
  if (isIPv6(inBrackets ?? given)) return inBrackets ?? given;
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(given)
    ? given
    : wrong('the name or address of this machine to listen on, such as 127.0.0.1 or ::1, without a port');
};

export const texts: Field<readonly string[]> = (value, wrong) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? (value as string[])
    : wrong('a list of names');
