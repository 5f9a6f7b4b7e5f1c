/** Some rows of a Parquet file. The only file that imports the library's reader. */
import {
  type AsyncBuffer,
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  type RowGroup,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { type OpenFile, readBytes } from '../files.ts';
import { wrongInput } from '../refusals.ts';
import { codecs, pageBytesMax, pageValuesMax } from './codecs.ts';
import { parsers, type TypedFile, typedFile } from './leaf-types.ts';

/** The packed bytes of one column in one row group. */
const columnBytesMax = 512 * 1024 * 1024;
/** Unpacked, of a column of lists or structures, all of which is in memory at once. */
const nestedBytesMax = 64 * 1024 * 1024;
const footerBytesMax = 64 * 1024 * 1024;

/** What is wrong with a file is told as the library tells it, with the name of the file. */
export async function asParquet<T>(file: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InferError') throw error;
    throw wrongInput(`${file}: cannot be read as Parquet: ${error.message.replace(/^parquet /, '')}`, error);
  }
}

export const readFooter = (file: OpenFile): Promise<TypedFile> =>
  asParquet(file.stamp.file, async () => {
    const { stamp } = file;
    if (stamp.bytes < 12) throw wrongInput(`${stamp.file}: want a Parquet file, got ${stamp.bytes} bytes`);
    const [start, end] = [await readBytes(file, 0, 4), await readBytes(file, stamp.bytes - 8, stamp.bytes)];
    const [first, last] = [start.toString('latin1'), end.toString('latin1', 4)];
    if (first === 'PARE' || last === 'PARE') throw wrongInput(`${stamp.file}: is encrypted, and no key is known`);
    if (first !== 'PAR1')
      throw wrongInput(`${stamp.file}: want a Parquet file, which begins with PAR1, got something else`);
    if (last !== 'PAR1') throw wrongInput(`${stamp.file}: the file is cut off: it does not end as a Parquet file does`);
    const footerBytes = end.readUInt32LE();
    if (footerBytes > Math.min(footerBytesMax, stamp.bytes - 8))
      throw wrongInput(
        `${stamp.file}: its footer claims ${footerBytes} bytes, of which there are not so many, or too many`,
      );
    return typedFile(await parquetMetadataAsync(bufferOf(file), { geoparquet: false }));
  });

const bufferOf = (file: OpenFile): AsyncBuffer => ({
  byteLength: file.stamp.bytes,
  slice: async (start, end = file.stamp.bytes) => arrayBuffer(await readBytes(file, start, end)),
});

const arrayBuffer = ({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer =>
  byteOffset === 0 && byteLength === buffer.byteLength
    ? (buffer as ArrayBuffer)
    : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);

/** Rows of one row group. */
export interface Window {
  readonly groupIndex: number;
  /** Rows of the file, from 0, `to` not included. */
  readonly from: number;
  readonly to: number;
  /** Names of columns. */
  readonly columns: readonly string[];
}

/** The values of the rows, in the order of the columns, as the library reads them. */
export const readWindow = (
  file: OpenFile,
  typed: TypedFile,
  window: Window,
): Promise<readonly (readonly unknown[])[]> =>
  asParquet(file.stamp.file, async () => {
    const group = typed.metadata.row_groups[window.groupIndex];
    if (!group) throw wrongInput(`${file.stamp.file}: there is no row group ${window.groupIndex}`);
    const bytesByStart = await packedColumns(file, typed, group, window);
    let rows: readonly (readonly unknown[])[] = [];
    await parquetRead({
      file: cachedBuffer(file, bytesByStart),
      metadata: typed.metadata,
      columns: [...window.columns],
      rowStart: window.from,
      rowEnd: window.to,
      compressors: codecs,
      parsers,
      utf8: false,
      geoparquet: false,
      onComplete: (read) => {
        rows = read;
      },
    });
    if (rows.length !== window.to - window.from)
      throw wrongInput(
        `${file.stamp.file}: want ${window.to - window.from} rows in row group ${window.groupIndex}, got ${rows.length}`,
      );
    return rows;
  });

/** The packed bytes of the columns, looked through before anything of them is unpacked. */
async function packedColumns(
  file: OpenFile,
  { columns, metadata }: TypedFile,
  group: RowGroup,
  window: Window,
): Promise<Map<number, Buffer>> {
  const bytesByStart = new Map<number, Buffer>();
  for (const { meta_data: meta } of group.columns) {
    const name = meta?.path_in_schema[0];
    if (!meta || name === undefined || !window.columns.includes(name)) continue;
    const where = `${file.stamp.file}: row group ${window.groupIndex}, column ${name}`;
    if (isMisread(metadata, meta))
      throw wrongInput(
        `${where}: DuckDB packs unsigned integers of 32 bits in a way that only DuckDB reads; write it with PARQUET_VERSION v1`,
      );
    const bytes = Number(meta.total_compressed_size);
    if (bytes > columnBytesMax || bytes < 0)
      throw wrongInput(`${where}: want at most ${columnBytesMax} bytes, got ${bytes}; write smaller row groups`);
    const isNested = columns.find((column) => column.name === name)?.isNested ?? false;
    if (isNested && Number(meta.total_uncompressed_size) > nestedBytesMax)
      throw wrongInput(
        `${where}: lists of a row group are read at once; want at most ${nestedBytesMax} bytes of them, got ${meta.total_uncompressed_size}; write smaller row groups`,
      );
    const start = startOf(meta);
    if (start + bytes > file.stamp.bytes)
      throw wrongInput(`${where}: the file is cut off: want ${start + bytes} bytes, got ${file.stamp.bytes}`);
    const packed = await readBytes(file, start, start + bytes);
    checkPages(packed, where);
    bytesByStart.set(start, packed);
  }
  return bytesByStart;
}

/** Where the pages of a column begin: with its dictionary, where there is one. */
function startOf({ dictionary_page_offset: dictionary, data_page_offset: data }: ColumnMetaData): number {
  return Number(dictionary && dictionary < data ? dictionary : data);
}

/** Its deltas begin with a number of 33 bits, which other readers take for one of 32: pyarrow finds the file damaged, and the library here reads other numbers. */
const isMisread = (
  { created_by: writer = '', schema }: FileMetaData,
  { encodings, path_in_schema }: ColumnMetaData,
): boolean =>
  writer.startsWith('DuckDB') &&
  encodings.includes('DELTA_BINARY_PACKED') &&
  schema.some(({ name, converted_type }) => name === path_in_schema.at(-1) && converted_type === 'UINT_32');

/** Walks over the pages, without unpacking any: a page of a few bytes may claim to hold gigabytes. */
function checkPages(packed: Buffer, where: string): void {
  const reader = { view: new DataView(packed.buffer, packed.byteOffset, packed.byteLength), offset: 0 };
  while (reader.offset < packed.byteLength - 1) {
    const header = parquetHeader(reader);
    const { uncompressed_page_size: unpacked, compressed_page_size: bytes } = header;
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    const values = page?.num_values ?? 0;
    if (!(unpacked >= 0) || unpacked > pageBytesMax)
      throw wrongInput(`${where}: want pages of at most ${pageBytesMax} bytes, got one of ${unpacked}`);
    if (values > pageValuesMax)
      throw wrongInput(`${where}: want pages of at most ${pageValuesMax} values, got one of ${values}`);
    if (!(bytes >= 0) || reader.offset + bytes > packed.byteLength)
      throw wrongInput(`${where}: a page claims ${bytes} bytes, more than are left`);
    reader.offset += bytes;
  }
}

/** Reads of the columns that are in memory, and whatever else of the file. */
function cachedBuffer(file: OpenFile, bytesByStart: ReadonlyMap<number, Buffer>): AsyncBuffer {
  return {
    byteLength: file.stamp.bytes,
    slice: async (start, end = file.stamp.bytes) => {
      for (const [from, bytes] of bytesByStart)
        if (start >= from && end <= from + bytes.byteLength)
          return arrayBuffer(bytes.subarray(start - from, end - from));
      return arrayBuffer(await readBytes(file, start, end));
    },
  };
}
