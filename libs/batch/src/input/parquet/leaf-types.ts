/** What the values of a Parquet column are, exactly: dates, times and decimals as text, integers as they are. */
import type { FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import type { Cell, InputColumn } from '../../rows/row.ts';

/** A column of a file, and how its values become cells. */
export interface ParquetColumn extends InputColumn {
  /** Whether its values are lists or structures, which can only be read from the start of their row group. */
  readonly isNested: boolean;
  cell(value: unknown): Cell;
}

export interface TypedFile {
  readonly columns: readonly ParquetColumn[];
  /** As the library is to read it: what it would round is left to {@link ParquetColumn.cell}. */
  readonly metadata: FileMetaData;
}

export function typedFile(metadata: FileMetaData): TypedFile {
  const columns = parquetSchema(metadata).children.map(columnOf);
  return { columns, metadata: { ...metadata, schema: metadata.schema.map(plainElement) } };
}

/** Nanoseconds as they are; text that is no UTF-8 as bytes; JSON as text. */
export const parsers: Partial<ParquetParsers> = {
  timestampFromNanoseconds: (nanos) => nanos,
  stringFromBytes: textOrBytes,
  jsonFromBytes: textOrBytes,
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOrBytes(bytes: Uint8Array | undefined): unknown {
  if (!bytes) return bytes;
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
}

const exactKinds: ReadonlySet<string | undefined> = new Set([
  'DECIMAL',
  'DATE',
  'TIME',
  'TIME_MILLIS',
  'TIME_MICROS',
  'TIMESTAMP',
  'TIMESTAMP_MILLIS',
  'TIMESTAMP_MICROS',
  'BSON',
  'INTERVAL',
  'GEOMETRY',
  'GEOGRAPHY',
]);

/** An element without the types that the library would round or refuse. */
function plainElement(element: SchemaElement): SchemaElement {
  const { converted_type, logical_type, ...rest } = element;
  if (exactKinds.has(converted_type) || exactKinds.has(logical_type?.type)) return rest;
  return converted_type === 'ENUM' || logical_type?.type === 'ENUM' ? { ...rest, converted_type: 'UTF8' } : element;
}

function columnOf(tree: SchemaTree): ParquetColumn {
  const { element } = tree;
  const list = itemOf(tree);
  if (tree.children.length === 0) {
    const { type, cell } = leafOf(element);
    const isNested = element.repetition_type === 'REPEATED';
    return {
      name: element.name,
      type: isNested ? `list of ${type}` : type,
      isNested,
      cell: isNested ? listed(cell) : cell,
    };
  }
  if (list) {
    const inner = columnOf(list);
    return { name: element.name, type: `list of ${inner.type}`, isNested: true, cell: listed(inner.cell) };
  }
  return {
    name: element.name,
    type: 'structure',
    isNested: true,
    cell: (value) => (isNone(value) ? null : json(value)),
  };
}

const isNone = (value: unknown): value is null | undefined => value === null || value === undefined;

const listed =
  (cell: (value: unknown) => Cell) =>
  (value: unknown): Cell =>
    isNone(value) ? null : Array.from(value as Iterable<unknown>, cell);

/** What a list holds, of its two or three levels; undefined where the column is no list. */
function itemOf({ element, children }: SchemaTree): SchemaTree | undefined {
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  const [repeated] = children;
  if (!isList || children.length !== 1 || repeated?.element.repetition_type !== 'REPEATED') return undefined;
  const [item] = repeated.children;
  if (repeated.children.length === 1 && item) return item;
  return repeated.children.length === 0
    ? { ...repeated, element: { ...repeated.element, repetition_type: 'REQUIRED' } }
    : undefined;
}

interface Leaf {
  readonly type: string;
  readonly cell: (value: unknown) => Cell;
}

const asIs = (value: unknown): Cell => (isNone(value) ? null : (value as Cell));
const unlessNone =
  <T>(make: (value: T) => Cell) =>
  (value: unknown): Cell =>
    isNone(value) ? null : make(value as T);

function leafOf({ type, converted_type: converted, logical_type: logical, scale = 0 }: SchemaElement): Leaf {
  const kind = logical?.type ?? converted;
  if (logical?.type === 'TIMESTAMP' || logical?.type === 'TIME') {
    const zone = logical.type === 'TIMESTAMP' && logical.isAdjustedToUTC ? 'Z' : '';
    const perSecond = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n }[logical.unit];
    const tell = logical.type === 'TIME' ? timeOf : timestampOf;
    return { type: logical.type, cell: unlessNone((value: number | bigint) => tell(BigInt(value), perSecond) + zone) };
  }
  switch (kind) {
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS': {
      const perSecond = kind === 'TIMESTAMP_MILLIS' ? 1_000n : 1_000_000n;
      return { type: 'TIMESTAMP', cell: unlessNone((value: bigint) => `${timestampOf(BigInt(value), perSecond)}Z`) };
    }
    case 'TIME_MILLIS':
    case 'TIME_MICROS': {
      const perSecond = kind === 'TIME_MILLIS' ? 1_000n : 1_000_000n;
      return { type: 'TIME', cell: unlessNone((value: number | bigint) => timeOf(BigInt(value), perSecond)) };
    }
    case 'DATE':
      return { type: 'DATE', cell: unlessNone((days: number) => dateOf(BigInt(days))) };
    case 'DECIMAL':
      return { type: 'DECIMAL', cell: unlessNone((value: number | bigint | Uint8Array) => decimalOf(value, scale)) };
    default:
      break;
  }
  if (type === 'INT96')
    return { type: 'TIMESTAMP', cell: unlessNone((nanos: bigint) => timestampOf(nanos, 1_000_000_000n)) };
  const isText = kind === 'UTF8' || kind === 'STRING' || kind === 'ENUM' || kind === 'JSON' || kind === 'UUID';
  return { type: isText ? 'text' : (type ?? 'structure'), cell: asIs };
}

/** Towards smaller numbers, unlike `/` of BigInt. */
const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

/** Years beyond four digits have a sign, as ISO 8601 wants it. */
function dateOf(days: bigint): string {
  const ms = Number(days) * 86_400_000;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `day ${days} since 1970-01-01` : date.toISOString().replace(/T.*$/, '');
}

function timestampOf(ticks: bigint, perSecond: bigint): string {
  const perDay = 86_400n * perSecond;
  const days = floorDivide(ticks, perDay);
  return `${dateOf(days)}T${timeOf(ticks - days * perDay, perSecond)}`;
}

/** Of one day; a fraction stands there where there is one, in all the digits of the unit. */
function timeOf(ticks: bigint, perSecond: bigint): string {
  const seconds = ticks / perSecond;
  const two = (value: bigint): string => String(value).padStart(2, '0');
  const fraction = ticks % perSecond;
  const digits = String(perSecond).length - 1;
  const clock = `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return fraction === 0n ? clock : `${clock}.${String(fraction).padStart(digits, '0')}`;
}

/** All digits of it, also those that a float has not. */
function decimalOf(value: number | bigint | Uint8Array, scale: number): string {
  const whole = value instanceof Uint8Array ? bigEndian(value) : BigInt(value);
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${whole < 0n ? '-' : ''}${digits.slice(0, cut)}${scale > 0 ? `.${digits.slice(cut)}` : ''}`;
}

/** Two's complement. */
function bigEndian(bytes: Uint8Array): bigint {
  const unsigned = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(Math.max(8 * bytes.length, 1), unsigned);
}

function json(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return Number.isSafeInteger(Number(inner)) ? Number(inner) : String(inner);
    return inner instanceof Uint8Array ? Buffer.from(inner).toString('base64') : inner;
  });
}
