/** The tensor of one row, from its cells. */
import {
  type Datatype,
  elementCount,
  packBytes,
  type Tensor,
  type TensorSpec,
  tensorOfNumbers,
} from '@sheaf/inference';
import type { Cell, Row } from '../rows/row.ts';
import { type Element, elementOf, isEmpty, isRefusal, showCell } from './element.ts';
import type { TensorMapping } from './mapping.ts';
import { RowProblem } from './row-problem.ts';

/** Values one behind the other, and how they lay in lists in one another; `[]` of a single one. */
interface Flat {
  readonly values: readonly Element[];
  readonly dims: readonly number[];
}

/** `shape`: of one row. */
export function tensorOfRow(
  { cells }: Row,
  mapping: TensorMapping,
  { name, datatype }: TensorSpec,
  shape: readonly number[],
): Tensor {
  const { columns } = mapping;
  const parts = columns.map((column) =>
    flatten(cells.get(column) ?? null, column, mapping, datatype, shape.length > 0),
  );
  const [only] = parts;
  const flat = parts.length === 1 && only ? only : joined(parts, columns);
  const fitted = fit(flat, shape);
  if (fitted === undefined)
    throw new RowProblem(
      `want ${wanted(shape)} for ${name}, got ${got(flat)}`,
      columns.length === 1 ? columns[0] : undefined,
    );
  if (datatype === 'BYTES')
    return { name, datatype, shape: fitted, data: packBytes(flat.values as (string | Uint8Array)[]) };
  return tensorOfNumbers(name, datatype, fitted, flat.values as number[] | bigint[]);
}

const wanted = (shape: readonly number[]): string => (shape.length === 0 ? 'one value' : `values for [${shape}]`);
const got = ({ dims, values }: Flat): string => (dims.length === 0 ? 'one' : `${values.length} in a list of [${dims}]`);

/** Several columns are a vector, each with one element. */
function joined(parts: readonly Flat[], columns: readonly string[]): Flat {
  const list = parts.findIndex(({ dims }) => dims.length > 0);
  if (list !== -1)
    throw new RowProblem('want one value, since the tensor has several columns, got a list', columns[list]);
  return { values: parts.flatMap(({ values }) => values), dims: [parts.length] };
}

function flatten(cell: Cell, column: string, mapping: TensorMapping, datatype: Datatype, mayBeList: boolean): Flat {
  const values: Element[] = [];
  const dims: number[] = [];
  const walk = (inner: Cell, depth: number): void => {
    if (!isList(inner)) {
      values.push(single(inner, column, mapping, datatype));
      return;
    }
    dims[depth] ??= inner.length;
    if (dims[depth] !== inner.length)
      throw new RowProblem(`want lists of ${dims[depth]}, as the first is, got one of ${inner.length}`, column);
    for (const part of inner) walk(part, depth + 1);
  };
  walk(mayBeList ? parsedList(cell, datatype) : cell, 0);
  return { values, dims };
}

const isList = (cell: Cell): cell is readonly Cell[] => Array.isArray(cell);

/** A table of text has lists as JSON. */
function parsedList(cell: Cell, datatype: Datatype): Cell {
  if (typeof cell !== 'string' || datatype === 'BYTES' || !/^\s*\[/.test(cell)) return cell;
  try {
    return exactJson(cell);
  } catch {
    return cell;
  }
}

/** Numbers as they are written, so that the element decides what they are. */
function exactJson(text: string): Cell {
  const reviver = (_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
    typeof value === 'number' && source !== undefined ? source : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as Cell;
}

function single(cell: Cell, column: string, { missing }: TensorMapping, datatype: Datatype): Element {
  const isMissing = isEmpty(cell, datatype);
  if (isMissing && missing === undefined && datatype !== 'BYTES' && typeof cell === 'string' && cell !== '')
    throw new RowProblem(
      `want a value (${datatype}), got ${showCell(cell)}; "missing" says what stands in for it`,
      column,
    );
  if (isMissing && missing === undefined)
    throw new RowProblem(`want a value (${datatype}), got an empty cell; "missing" says what stands in for it`, column);
  const element = elementOf(isMissing ? (missing ?? null) : cell, datatype);
  if (isRefusal(element)) throw new RowProblem(`want ${element.want}, got ${showCell(cell)}`, column);
  return element;
}

/** The shape with its open dimensions told; undefined where the values do not fill it. */
function fit({ values, dims }: Flat, shape: readonly number[]): readonly number[] | undefined {
  if (dims.length === shape.length && shape.every((dim, axis) => dim === -1 || dim === dims[axis])) return dims;
  const open = shape.filter((dim) => dim === -1).length;
  const known = elementCount(shape.map((dim) => (dim === -1 ? 1 : dim)));
  if (open > 1 || dims.length > 1 || known === 0 || values.length % known !== 0) return undefined;
  if (open === 0 && values.length !== known) return undefined;
  return shape.map((dim) => (dim === -1 ? values.length / known : dim));
}
