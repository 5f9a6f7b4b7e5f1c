/** What is exported of a generation, and the columns that it has. */
import { type Datatype, InferError, type Tensor } from '@sheaf/inference';
import { jsonElements } from '@sheaf/tensor-io';

/** A prediction of a generation. */
export interface Predicted {
  readonly key: string;
  readonly outputs: readonly Tensor[];
  /** Of the pipeline or model that computed it. */
  readonly version: string;
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly computedAt: number;
}

/** A column of the table: what it is called, and what stands in it. */
export interface OutputColumn {
  readonly name: string;
  readonly datatype: Datatype;
  /** 0: one value. More: so many lists in one another. */
  readonly rank: number;
}

/** What stands in a table beside the outputs; an output that is called the same gets another name. */
const own = ['key', 'version', 'generation', 'computed_at'] as const;

export const columnName = (output: string): string =>
  (own as readonly string[]).includes(output) ? `output_${output}` : output;

/** The outputs that these rows have, in the order in which they come first. */
export function outputColumns(rows: readonly Predicted[]): OutputColumn[] {
  const columns = new Map<string, OutputColumn>();
  for (const { outputs } of rows)
    for (const { name, datatype, shape } of outputs)
      if (!columns.has(name)) columns.set(name, { name, datatype, rank: shape.length });
  return [...columns.values()];
}

/** A value of a table: 64-bit integers are BigInt, BYTES text, or base64 where they are none. */
export type ExportValue = null | boolean | number | bigint | string | readonly ExportValue[];

/** The values of a row, beside the columns. Throws where it has another output than they say. */
export function valuesOf(row: Predicted, columns: readonly OutputColumn[]): ExportValue[] {
  for (const { name, datatype, shape } of row.outputs) {
    const column = columns.find((one) => one.name === name);
    if (column?.datatype === datatype && column.rank === shape.length) continue;
    const want = column
      ? `${column.datatype} with ${column.rank} dimensions, as the first rows have`
      : 'no such output, as the first rows have none';
    throw new InferError(
      'FAILED_PRECONDITION',
      `key ${JSON.stringify(row.key)}: output "${name}": want ${want}, got ${datatype} [${shape}]; a table of ndjson has rows of any kind`,
    );
  }
  return columns.map(({ name }) => {
    const tensor = row.outputs.find((one) => one.name === name);
    return tensor ? nested(tensor) : null;
  });
}

/** The elements in lists in one another, as the shape says. */
export function nested(tensor: Tensor): ExportValue {
  const flat = elementsOf(tensor);
  const build = (axis: number, from: number, count: number): ExportValue => {
    const size = tensor.shape[axis];
    if (size === undefined) return flat[from] ?? null;
    const each = size === 0 ? 0 : count / size;
    return Array.from({ length: size }, (_, index) => build(axis + 1, from + index * each, each));
  };
  return build(0, 0, flat.length);
}

function elementsOf(tensor: Tensor): readonly ExportValue[] {
  const { datatype } = tensor;
  const values = jsonElements(tensor);
  if (datatype === 'INT64' || datatype === 'UINT64') return values.map((value) => BigInt(value));
  // NaN and the infinities are texts in JSON only.
  return datatype === 'BYTES' ? values : values.map((value) => (typeof value === 'string' ? Number(value) : value));
}
