/** What a rule after the run makes of an output: other values, or fewer rows. */
import {
  elementCount,
  elements,
  packBytes,
  type Tensor,
  type TensorSpec,
  tensorOf,
  unpackBytes,
} from '@sheaf/inference';
import type { AfterRule } from './spec.ts';
import { elementType, integerRange } from './values.ts';

/** By output, the number of an action that changes values; undefined for actions that do not. */
function numbersOf(rule: AfterRule): ReadonlyMap<string, number> | undefined {
  switch (rule.kind) {
    case 'cap':
      return rule.cap;
    case 'raise':
      return rule.raise;
    case 'round':
      return rule.round;
    case 'replace':
      return rule.replace;
    default:
      return undefined;
  }
}

/** Names of the outputs whose values a rule changes. */
export const changedBy = (rule: AfterRule): string[] => [...(numbersOf(rule)?.keys() ?? [])];

/** Why a rule cannot change the values of an output: it has no numbers, or none like the rule's. */
export function changeMistake(rule: AfterRule, { name, datatype }: TensorSpec): string | undefined {
  const element = elementType(datatype);
  if (element !== 'double' && element !== 'int') return `the output is ${datatype}, which has no numbers`;
  const range = integerRange(datatype);
  const bound = numbersOf(rule)?.get(name);
  if (!range || bound === undefined || rule.kind === 'round') return undefined;
  const fits = Number.isSafeInteger(bound) && BigInt(bound) >= range.lowest && BigInt(bound) <= range.highest;
  return fits
    ? undefined
    : `want an integer that ${datatype} has, from ${range.lowest} to ${range.highest}, got ${bound}`;
}

/** `rows` says of each row whether the rule is about it; undefined: about all. `aligned` are the outputs that have those rows. */
export function changed(
  rule: AfterRule,
  aligned: ReadonlySet<string>,
  output: Tensor,
  rows: readonly boolean[] | undefined,
): Tensor {
  if (rule.kind === 'keep') return aligned.has(output.name) && rows ? keepRows(output, rows) : output;
  const bound = numbersOf(rule)?.get(output.name);
  if (bound === undefined) return output;
  const { name, datatype, shape } = output;
  const isWhole = integerRange(datatype) !== undefined;
  const values = elements({ ...output, datatype } as Parameters<typeof elements>[0]).slice();
  const width = elementCount(shape.slice(1));
  for (let index = 0; index < values.length; index++) {
    if (rows && !rows[Math.floor(index / width)]) continue;
    const value = values[index] ?? 0;
    if (rule.kind !== 'round')
      values[index] = bounded(rule.kind, value, typeof value === 'bigint' ? BigInt(bound) : bound);
    else if (!isWhole) values[index] = roundTo(Number(value), bound);
  }
  return tensorOf(name, datatype, shape, values);
}

/** Whole numbers of 64 bits stay BigInts: a value that the bound does not concern is not to lose digits. */
function bounded<T extends number | bigint>(kind: AfterRule['kind'], value: T, bound: T): T {
  if (kind === 'cap') return value > bound ? bound : value;
  if (kind === 'raise') return value < bound ? bound : value;
  return bound;
}

/** Halves away from zero, by the shortest decimal form: 1.005 to two decimals is 1.01, as whoever reads it expects. */
function roundTo(value: number, decimals: number): number {
  if (!Number.isFinite(value)) return value;
  const [digits = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const rounded = Math.round(Number(`${digits}e${Number(exponent) + decimals}`));
  return Math.sign(value) * Number(`${rounded}e${-decimals}`);
}

function keepRows(output: Tensor, rows: readonly boolean[]): Tensor {
  const { data, shape, datatype } = output;
  const [count = 0, ...others] = shape;
  const kept = rows.flatMap((keep, index) => (keep ? [index] : []));
  if (datatype === 'BYTES') {
    const elementsPerRow = elementCount(others);
    const all = unpackBytes(data);
    const left = kept.flatMap((row) => all.slice(row * elementsPerRow, (row + 1) * elementsPerRow));
    return { ...output, shape: [kept.length, ...others], data: packBytes(left) };
  }
  const width = count === 0 ? 0 : data.byteLength / count;
  const bytes = new Uint8Array(kept.length * width);
  for (const [to, from] of kept.entries()) bytes.set(data.subarray(from * width, (from + 1) * width), to * width);
  return { ...output, shape: [kept.length, ...others], data: bytes };
}
