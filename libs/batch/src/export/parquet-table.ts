/** Predictions as Parquet, a row group at a time. The only file that imports the writer of it. */
import type { FileHandle } from 'node:fs/promises';
import type { Datatype } from '@sheaf/inference';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import {
  columnName,
  type ExportValue,
  type OutputColumn,
  outputColumns,
  type Predicted,
  valuesOf,
} from './predicted.ts';
import type { Table } from './table.ts';

/** A row group ends with the page of rows that makes it as large as one of these. */
const groupRows = 100_000;
const groupBytes = 32 * 1024 * 1024;

export function parquetTable(handle: FileHandle): Table {
  const bytes = new ByteWriter();
  let columns: OutputColumn[] = [];
  let writer: ParquetWriter | undefined;
  let held: Predicted[] = [];
  let heldBytes = 0;
  let isClosed = false;

  /** The library counts on by `offset`; what is in the file already is let go. */
  const flush = async (): Promise<void> => {
    await handle.write(new Uint8Array(bytes.buffer, 0, bytes.index));
    bytes.index = 0;
  };
  const writeGroup = async (): Promise<void> => {
    if (!writer) {
      columns = outputColumns(held);
      writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'sheaf' });
    }
    if (held.length > 0) await writer.write({ columnData: dataOf(held, columns), rowGroupSize: held.length });
    [held, heldBytes] = [[], 0];
    await flush();
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await handle.close();
  };
  return {
    async write(rows) {
      held.push(...rows);
      for (const { outputs } of rows) for (const { data } of outputs) heldBytes += data.byteLength;
      if (held.length >= groupRows || heldBytes >= groupBytes) await writeGroup();
    },
    async end() {
      await writeGroup();
      await writer?.finish();
      await flush();
      await handle.sync();
      await close();
    },
    close,
  };
}

function dataOf(rows: readonly Predicted[], columns: readonly OutputColumn[]) {
  const values = rows.map((row) => valuesOf(row, columns));
  return [
    { name: 'key', data: rows.map(({ key }) => key) },
    ...columns.map(({ name }, index) => ({
      name: columnName(name),
      data: values.map((row): ExportValue => row[index] ?? null),
    })),
    { name: 'version', data: rows.map(({ version }) => version) },
    { name: 'generation', data: rows.map(({ generation }) => generation) },
    { name: 'computed_at', data: rows.map(({ computedAt }) => new Date(computedAt)) },
  ];
}

function schemaOf(columns: readonly OutputColumn[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length + 4 },
    { name: 'key', repetition_type: 'REQUIRED', ...text },
    ...columns.flatMap(({ name, datatype, rank }) => elementsOf(columnName(name), leaves[datatype], rank)),
    { name: 'version', repetition_type: 'REQUIRED', ...text },
    { name: 'generation', repetition_type: 'REQUIRED', type: 'INT32' },
    { name: 'computed_at', repetition_type: 'REQUIRED', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  ];
}

/** The library has types of its own, of another version than the reader's. */
type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

type Leaf = Pick<SchemaElement, 'type' | 'converted_type'>;
const text: Leaf = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };

const leaves: Readonly<Record<Datatype, Leaf>> = {
  BOOL: { type: 'BOOLEAN' },
  INT8: { type: 'INT32', converted_type: 'INT_8' },
  INT16: { type: 'INT32', converted_type: 'INT_16' },
  INT32: { type: 'INT32' },
  INT64: { type: 'INT64' },
  UINT8: { type: 'INT32', converted_type: 'UINT_8' },
  UINT16: { type: 'INT32', converted_type: 'UINT_16' },
  UINT32: { type: 'INT32', converted_type: 'UINT_32' },
  UINT64: { type: 'INT64', converted_type: 'UINT_64' },
  FP16: { type: 'FLOAT' },
  BF16: { type: 'FLOAT' },
  FP32: { type: 'FLOAT' },
  FP64: { type: 'DOUBLE' },
  BYTES: text,
};

/** Lists have three levels, as the format wants it. */
function elementsOf(name: string, leaf: Leaf, rank: number): SchemaElement[] {
  if (rank === 0) return [{ name, repetition_type: 'OPTIONAL', ...leaf }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...elementsOf('element', leaf, rank - 1),
  ];
}
