/** Makes what turns rows into requests, of a mapping that fits. */
import { InferError, type Signature, type Tensor, type TensorSpec } from '@sheaf/inference';
import type { Input } from '../input/input.ts';
import type { Row, RowError } from '../rows/row.ts';
import type { CompiledMapping, RowsOrError } from './compiled.ts';
import type { Mapping, TensorMapping } from './mapping.ts';
import { type ReadyRow, stackRows } from './requests.ts';
import { tensorOfFile } from './row-file.ts';
import { keyOf } from './row-key.ts';
import { RowProblem, rowErrorOf } from './row-problem.ts';
import { isStacked, rowShape } from './row-shapes.ts';
import { tensorOfRow } from './row-tensor.ts';

/** What is wrong with a mapping, in sentences: what it names and its input or what is asked does not have. */
export function mappingProblems(
  mapping: Mapping,
  signature: Signature,
  columns: readonly string[] | undefined,
): string[] {
  const { key, tensors, outputs } = mapping;
  const names = (specs: readonly TensorSpec[]): string => specs.map(({ name }) => name).join(', ') || 'none';
  const missingColumns = [...new Set([...key, ...tensors.flatMap((tensor) => tensor.columns)])]
    .filter((column) => columns !== undefined && !columns.includes(column))
    .map((column) => `there is no column "${column}"; the columns are ${columns?.join(', ')}`);
  return [
    ...(key.length === 0 ? ['want a column that is the key of the rows, got none'] : []),
    ...missingColumns,
    ...tensors
      .filter(({ tensor }) => signature.inputs.every(({ name }) => name !== tensor))
      .map(({ tensor }) => `there is no input "${tensor}"; the inputs are ${names(signature.inputs)}`),
    ...tensors
      .filter(({ columns: own }) => own.length === 0)
      .map(({ tensor }) => `input "${tensor}": want columns, got none`),
    ...tensors
      .filter(({ from, columns: own }) => from === 'file' && own.length > 1)
      .map(
        ({ tensor, columns: own }) => `input "${tensor}": want one column with the paths of files, got ${own.length}`,
      ),
    ...signature.inputs
      .filter(({ name, optional }) => !optional && tensors.every(({ tensor }) => tensor !== name))
      .map(({ name }) => `input "${name}" has no column`),
    ...outputs
      .filter((output) => signature.outputs.every(({ name }) => name !== output))
      .map((output) => `there is no output "${output}"; the outputs are ${names(signature.outputs)}`),
  ];
}

/**
 * `signature`: of what the batch asks, as its ModelMetadata says. Throws INVALID_ARGUMENT with everything that is wrong.
 */
export function compileMapping(
  mapping: Mapping,
  signature: Signature,
  input: Pick<Input, 'columns' | 'folder'>,
): CompiledMapping {
  const problems = mappingProblems(
    mapping,
    signature,
    input.columns.map(({ name }) => name),
  );
  if (problems.length > 0) throw new InferError('INVALID_ARGUMENT', problems.join('; '), { reason: 'MAPPING_INVALID' });
  const stacked = isStacked(mapping, signature, input.columns);
  const parts = mapping.tensors.map((tensor) => {
    const spec = signature.inputs.find(({ name }) => name === tensor.tensor) as TensorSpec;
    return { tensor, spec, shape: rowShape(spec, tensor, stacked) };
  });
  const tensorsOf = (row: Row): Promise<readonly Tensor[]> =>
    Promise.all(parts.map(async ({ tensor, spec, shape }) => rowTensor(row, tensor, spec, shape, input.folder)));
  const ready = async (row: Row): Promise<ReadyRow | RowError> => {
    if (row.error) return row.error;
    let key: string | undefined;
    try {
      key = keyOf(row, mapping.key);
      return { row: row.row, key, tensors: await tensorsOf(row) };
    } catch (error) {
      if (error instanceof RowProblem) return rowErrorOf(row.row, key, 'INVALID_ARGUMENT', error);
      throw error;
    }
  };
  return {
    columns: [...new Set([...mapping.key, ...mapping.tensors.flatMap(({ columns }) => columns)])],
    requests: (rows, rowsMax) =>
      requestsOf(rows, ready, { stacked, rowsMax: stacked ? rowsMax : 1, outputs: mapping.outputs }),
  };
}

const rowTensor = (
  row: Row,
  mapping: TensorMapping,
  spec: TensorSpec,
  shape: readonly number[],
  folder: string,
): Tensor | Promise<Tensor> =>
  mapping.from === 'file'
    ? tensorOfFile(row, mapping.columns[0] ?? '', spec, shape, folder)
    : tensorOfRow(row, mapping, spec, shape);

/** Of the tensors of one request, unless it has a single row. */
const requestBytesMax = 2 * 1024 * 1024;

/** Rows of one shape go together, in the order in which they come; a key that comes twice is an error of the second row. */
async function* requestsOf(
  rows: AsyncIterable<Row>,
  ready: (row: Row) => Promise<ReadyRow | RowError>,
  {
    stacked,
    rowsMax,
    outputs,
  }: { readonly stacked: boolean; readonly rowsMax: number; readonly outputs: readonly string[] },
): AsyncGenerator<RowsOrError> {
  const waiting = new Map<string, { rows: ReadyRow[]; bytes: number }>();
  const seen = new Map<string, number>();
  const request = (ofOneShape: readonly ReadyRow[]): RowsOrError => ({
    kind: 'request',
    request: stackRows(ofOneShape, stacked, outputs),
  });
  for await (const row of rows) {
    const made = await ready(row);
    if (!('tensors' in made)) {
      yield { kind: 'error', error: made };
      continue;
    }
    const first = seen.get(made.key);
    if (first !== undefined) {
      yield { kind: 'error', error: duplicateKey(made.row, made.key, first) };
      continue;
    }
    seen.set(made.key, made.row);
    const shapes = JSON.stringify(made.tensors.map(({ shape }) => shape));
    const group = waiting.get(shapes) ?? { rows: [], bytes: 0 };
    waiting.set(shapes, group);
    group.rows.push(made);
    group.bytes += made.tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
    // Groups of many shapes wait at once: what all of them hold is bounded as well.
    const held = [...waiting.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    if (group.rows.length < rowsMax && group.bytes < requestBytesMax && held < 4 * requestBytesMax) continue;
    waiting.delete(shapes);
    yield request(group.rows);
  }
  for (const group of waiting.values()) yield request(group.rows);
}

/** Told as the store tells it of rows in other chunks. */
const duplicateKey = (row: number, key: string, first: number): RowError => ({
  row,
  key,
  code: 'DUPLICATE_KEY',
  message: `want each key once, got ${JSON.stringify(key)} again, which row ${first} has`,
});
