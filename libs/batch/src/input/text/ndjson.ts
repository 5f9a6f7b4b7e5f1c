/** NDJSON: a JSON object on each line. */
import { isRecord } from '@sheaf/document';
import type { Cell } from '../../rows/row.ts';
import { wrongInput } from '../refusals.ts';
import type { RecordReading, TextFormat } from './text-format.ts';

/** Space, tab, carriage return. */
const blanks = [32, 9, 13];
/** So many lines tell which columns there are. */
const linesLooked = 1_000;
const depthMax = 16;

/** `start`: the first bytes of the first file. */
export function ndjsonFormat(start: Buffer, file: string): TextFormat {
  const names = new Map<string, string>();
  const text = start.subarray(markBytes(start)).toString('utf8');
  if (/^\s*\[/.test(text))
    throw wrongInput(`${file}: want a JSON object on each line (NDJSON), got a list; jq -c '.[]' makes lines of it`);
  for (const line of text.split('\n', linesLooked)) {
    const cells = readLine(line);
    if (typeof cells === 'string') continue;
    for (const [name, cell] of cells) if (!names.has(name) && cell !== null) names.set(name, typeOf(cell));
  }
  return {
    columns: [...names].map(([name, type]) => ({ name, type })),
    rules: { blanks },
    headBytes: markBytes,
    readAll(lines, count) {
      const records = lines.split('\n').filter((line) => /\S/.test(line));
      return records.length === count ? records.map(readLine) : undefined;
    },
    readOne: readLine,
  };
}

const markBytes = (start: Buffer): number => (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0);

function readLine(line: string): RecordReading {
  let value: unknown;
  try {
    // Only a number of so many digits may be another than it is read as.
    value = /\d{16}/.test(line)
      ? JSON.parse(line, exact as (key: string, value: unknown) => unknown)
      : JSON.parse(line);
  } catch (error) {
    return `want a JSON object, got none: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isRecord(value))
    return `want a JSON object, got ${Array.isArray(value) ? 'a list' : JSON.stringify(value)?.slice(0, 40)}`;
  return new Map(Object.entries(value).map(([name, inner]) => [name, cellOf(inner)]));
}

/** Integers beyond 2^53 as BigInt. */
function exact(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  const isInteger = typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source);
  return isInteger && !Number.isSafeInteger(value) ? BigInt(source) : value;
}

/** Objects in cells are their JSON. */
function cellOf(value: unknown, depth = 0): Cell {
  if (Array.isArray(value))
    return depth === depthMax ? JSON.stringify(value, plain) : value.map((inner) => cellOf(inner, depth + 1));
  if (isRecord(value)) return JSON.stringify(value, plain);
  return value as Cell;
}

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

function typeOf(cell: Cell): string {
  if (Array.isArray(cell)) return `list of ${typeOf((cell as readonly Cell[])[0] ?? null)}`;
  if (cell === null) return 'null';
  if (typeof cell === 'string') return 'text';
  return typeof cell === 'boolean' ? 'boolean' : 'number';
}
