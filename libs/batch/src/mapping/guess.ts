/** Which column an input of a pipeline comes from, as far as names, types and counts tell it. */
import { type Datatype, elementCount, type Signature, type TensorSpec } from '@sheaf/inference';
import type { InputFormat } from '../input/input.ts';
import type { Cell, InputColumn, Row } from '../rows/row.ts';
import { elementOf, isEmpty, isRefusal } from './element.ts';
import type { Mapping, TensorMapping } from './mapping.ts';

export interface GuessFrom {
  readonly signature: Signature;
  readonly format: InputFormat;
  readonly columns: readonly InputColumn[];
  /** The first rows: what stands in them tells what a column without a type holds, and whether a key is one. */
  readonly rows: readonly Row[];
  /** Where somebody said it. */
  readonly key?: readonly string[] | undefined;
}

export interface Guess {
  /** With the tensors that were found, and a key where one was. */
  readonly mapping: Mapping;
  /** Why each of them, a sentence each. */
  readonly reasons: readonly string[];
  /** What could not be told, a sentence each; none where the mapping is whole. */
  readonly open: readonly string[];
}

export function guessMapping(from: GuessFrom): Guess {
  const [reasons, open]: [string[], string[]] = [[], []];
  const key = from.key ?? guessKey(from);
  if (key.length === 0)
    open.push(
      `the key: no column is called id or key, or ends in _id, with another value in each row; the columns are ${listed(from.columns)}`,
    );
  else if (!from.key) reasons.push(`key: column ${key.join(', ')}`);
  const free = new Set(from.columns.map(({ name }) => name));
  for (const column of key) free.delete(column);
  const found = new Map<string, TensorMapping>();
  // What is clear by its name is taken before anything is told by what is left.
  for (const way of [byFile, byName, byNumberedNames, byCount, byWhatIsLeft])
    for (const spec of from.signature.inputs) {
      if (found.has(spec.name)) continue;
      const missing = from.signature.inputs.filter(({ name, optional }) => !found.has(name) && !optional);
      const told = way(spec, { ...from, free, missing, key });
      if (!told) continue;
      found.set(spec.name, told.tensor);
      for (const column of told.tensor.columns) free.delete(column);
      reasons.push(`${spec.name}: ${told.why}`);
    }
  for (const spec of from.signature.inputs)
    if (!found.has(spec.name) && !spec.optional) open.push(unknownInput(spec, free));
  const tensors = from.signature.inputs.flatMap(({ name }) => found.get(name) ?? []);
  return { mapping: { key, tensors, outputs: [] }, reasons, open };
}

const listed = (columns: readonly InputColumn[]): string => columns.map(({ name }) => name).join(', ');

function unknownInput({ name, datatype, shape }: TensorSpec, free: ReadonlySet<string>): string {
  const left = free.size === 0 ? 'no column is left' : `the columns that are left are ${[...free].join(', ')}`;
  return `input ${name} (${datatype} [${shape}]): ${left}`;
}

function guessKey({ format, columns, rows }: GuessFrom): readonly string[] {
  if (format === 'images') return columns.map(({ name }) => name);
  const named = (pattern: RegExp): string[] => columns.map(({ name }) => name).filter((name) => pattern.test(name));
  const candidates = [...named(/^(id|key|uuid)$/i), ...named(/[_\- .]?(id|key|uuid)$/i)];
  const isKey = (name: string): boolean => {
    const values = rows.map(({ cells }) => cells.get(name) ?? '');
    return (
      values.every((value) => value !== '' && typeof value !== 'object') &&
      new Set(values.map(String)).size === values.length
    );
  };
  return candidates.filter(isKey).slice(0, 1);
}

interface Standing extends GuessFrom {
  /** Columns that nothing takes yet. */
  readonly free: ReadonlySet<string>;
  /** Inputs that have none yet. */
  readonly missing: readonly TensorSpec[];
}

type Way = (
  spec: TensorSpec,
  standing: Standing,
) => { readonly tensor: TensorMapping; readonly why: string } | undefined;

const values = (tensor: string, columns: readonly string[]): TensorMapping => ({ tensor, columns, from: 'values' });

/** A folder of images has nothing but files. */
const byFile: Way = ({ name }, { format, columns, missing }) =>
  format === 'images' && missing.length === 1
    ? { tensor: { tensor: name, columns: columns.map((column) => column.name), from: 'file' }, why: 'the images' }
    : undefined;

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

const byName: Way = ({ name, datatype }, { free, rows }) => {
  const column = [...free].find((one) => one === name) ?? [...free].find((one) => plain(one) === plain(name));
  if (column === undefined) return undefined;
  if (looksLikeFiles(column, rows) && datatype !== 'BYTES')
    return {
      tensor: { tensor: name, columns: [column], from: 'file' },
      why: `column ${column} has its name, and paths of files in it`,
    };
  return { tensor: values(name, [column]), why: `column ${column} has its name` };
};

const looksLikeFiles = (column: string, rows: readonly Row[]): boolean =>
  rows.length > 0 && rows.every(({ cells }) => /\.(png|jpe?g|npy)$/i.test(String(cells.get(column) ?? '')));

/** `x_0, x_1, ...`, as tables have the elements of a vector. */
const byNumberedNames: Way = (spec, { free }) => {
  const pattern = /^(.*?)[_.\- []?(\d+)\]?$/;
  const numbered = [...free].flatMap((column) => {
    const [, base = '', number = ''] = pattern.exec(column) ?? [];
    return number !== '' && plain(base) === plain(spec.name) ? [{ column, number: Number(number) }] : [];
  });
  const wanted = rowElements(spec);
  if (numbered.length < 2 || (wanted !== undefined && wanted !== numbered.length)) return undefined;
  const columns = numbered.sort((a, b) => a.number - b.number).map(({ column }) => column);
  return { tensor: values(spec.name, columns), why: `${columns.length} columns with its name and a number` };
};

/** Exactly as many columns hold such elements as a row of the input has. */
const byCount: Way = (spec, { free, rows, missing }) => {
  const wanted = rowElements(spec);
  const fitting = [...free].filter((column) => holds(column, spec.datatype, rows));
  const rivals = missing.filter(({ datatype }) => isNumber(datatype) === isNumber(spec.datatype));
  if (wanted === undefined || wanted < 2 || fitting.length !== wanted || rivals.length !== 1) return undefined;
  return {
    tensor: values(spec.name, fitting),
    why: `it wants ${wanted} values, and so many columns hold such, in their order`,
  };
};

/** One input is left, and one column that can be it. */
const byWhatIsLeft: Way = (spec, { free, rows, missing }) => {
  const fitting = [...free].filter((column) => holds(column, spec.datatype, rows));
  const [only] = fitting;
  const wanted = rowElements(spec);
  if (missing.length !== 1 || fitting.length !== 1 || only === undefined || (wanted ?? 1) !== 1) return undefined;
  return { tensor: values(spec.name, [only]), why: `column ${only} is the one that is left` };
};

const isNumber = (datatype: Datatype): boolean => datatype !== 'BYTES' && datatype !== 'BOOL';

/** How many elements a row has; undefined where that is open. */
function rowElements({ shape, unranked }: TensorSpec): number | undefined {
  const inner = shape[0] === -1 || shape[0] === 1 ? shape.slice(1) : shape;
  return unranked || inner.includes(-1) ? undefined : elementCount(inner);
}

/** Of the cells that are not empty; the others are errors of their rows. */
const fittingShare = 0.75;

/** Whether what stands in most of the first rows can be such an element; texts that are numbers are none. */
function holds(column: string, datatype: Datatype, rows: readonly Row[]): boolean {
  const cells = rows.map((row): Cell => row.cells.get(column) ?? null).filter((cell) => !isEmpty(cell, datatype));
  if (cells.length === 0 || cells.some((cell) => typeof cell === 'object')) return false;
  const asNumbers = cells.filter((cell) => !isRefusal(elementOf(cell, datatype === 'BYTES' ? 'FP64' : datatype)));
  const share = asNumbers.length / cells.length;
  if (datatype === 'BYTES') return cells.every((cell) => typeof cell === 'string') && share < fittingShare;
  return share >= fittingShare;
}
