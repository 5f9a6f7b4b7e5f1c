/** A cell as an element of a tensor: exactly, or refused with what was wanted. */
import type { Datatype } from '@sheaf/inference';
import type { Cell } from '../rows/row.ts';

export type Element = number | bigint | string | Uint8Array;

/** What was wanted and what came, without saying where. */
export interface Refusal {
  readonly want: string;
}

export const isRefusal = (value: Element | Refusal): value is Refusal =>
  typeof value === 'object' && !(value instanceof Uint8Array);

/** What people write for nothing. Of a text they are a text. */
const nothings: ReadonlySet<string> = new Set(['', 'NA', 'N/A', 'null', 'NULL', 'None']);

export const isEmpty = (cell: Cell, datatype: Datatype): boolean =>
  cell === null || (datatype !== 'BYTES' && typeof cell === 'string' && nothings.has(cell.trim()));

/** Neither a list nor empty. */
export function elementOf(cell: Cell, datatype: Datatype): Element | Refusal {
  switch (datatype) {
    case 'BYTES':
      return typeof cell === 'string' || cell instanceof Uint8Array ? cell : String(cell);
    case 'BOOL':
      return booleanOf(cell);
    case 'FP16':
    case 'BF16':
    case 'FP32':
    case 'FP64':
      return floatOf(cell, datatype);
    default:
      return integerOf(cell, datatype);
  }
}

function booleanOf(cell: Cell): Element | Refusal {
  const text = String(cell).trim().toLowerCase();
  if (text === 'true' || text === '1') return 1;
  return text === 'false' || text === '0' ? 0 : { want: 'true or false' };
}

const floats = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const specials: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

/** What is as large as this is rounded to an infinity. */
const tooLarge = {
  FP16: 65_520,
  BF16: 2 ** 128 - 2 ** 119,
  FP32: 2 ** 128 - 2 ** 103,
  FP64: Number.POSITIVE_INFINITY,
} as const;

function floatOf(cell: Cell, datatype: keyof typeof tooLarge): Element | Refusal {
  if (typeof cell === 'number' || typeof cell === 'bigint') return inRange(Number(cell), datatype);
  if (typeof cell !== 'string') return { want: `a number (${datatype})` };
  const text = cell.trim();
  const special = specials[text.toLowerCase()];
  if (special !== undefined) return special;
  if (floats.test(text)) {
    const value = inRange(Number(text), datatype);
    return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? outOfRange(datatype) : value;
  }
  return {
    want: /^[+-]?[\d.,\s]+$/.test(text)
      ? `a number with a decimal point and nothing else (${datatype})`
      : `a number (${datatype})`,
  };
}

const inRange = (value: number, datatype: keyof typeof tooLarge): Element | Refusal =>
  Number.isFinite(value) && Math.abs(value) >= tooLarge[datatype] ? outOfRange(datatype) : value;

const outOfRange = (datatype: string): Refusal => ({ want: `a number that ${datatype} has` });

type IntegerDatatype = Extract<Datatype, `INT${string}` | `UINT${string}`>;

/** Tables of numbers with gaps are written by pandas with a `.0` behind each. */
const integers = /^[+-]?\d{1,20}(\.0*)?$/;

function integerOf(cell: Cell, datatype: IntegerDatatype): Element | Refusal {
  const [least, most] = rangeOf(datatype);
  const refusal = { want: `an integer from ${least} to ${most} (${datatype})` };
  let value: bigint;
  if (typeof cell === 'bigint') value = cell;
  else if (typeof cell === 'number' && Number.isSafeInteger(cell)) value = BigInt(cell);
  else if (typeof cell === 'string' && integers.test(cell.trim()))
    value = BigInt(cell.trim().replace(/^\+|\..*$/g, ''));
  else return refusal;
  if (value < least || value > most) return refusal;
  return datatype === 'INT64' || datatype === 'UINT64' ? value : Number(value);
}

function rangeOf(datatype: IntegerDatatype): [least: bigint, most: bigint] {
  const bits = BigInt(datatype.replace(/\D/g, ''));
  return datatype.startsWith('U') ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

const shownCharsMax = 40;

/** A cell as a message quotes it; long ones are cut. */
export function showCell(cell: Cell): string {
  if (cell === null || cell === '') return 'an empty cell';
  if (cell instanceof Uint8Array) return `${cell.byteLength} bytes that are no text`;
  const text =
    typeof cell === 'object'
      ? `a list of ${cell.length}`
      : JSON.stringify(typeof cell === 'bigint' ? String(cell) : cell);
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}...` : text;
}
