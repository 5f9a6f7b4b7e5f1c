/** Inputs of text: CSV and NDJSON, in one file or in several. */
import { createHash } from 'node:crypto';
import type { Row } from '../../rows/row.ts';
import { checkUnchanged, type InputFiles, type OpenFile, openFile, readBytes, withFile } from '../files.ts';
import type { ChunkPlace, ChunkRange, CutOptions, FileStamp, Input } from '../input.ts';
import { changedInput, wrongInput } from '../refusals.ts';
import { createScanner } from './scan-records.ts';
import type { TextFormat } from './text-format.ts';

const blockBytes = 1024 * 1024;
/** A chunk ends at the first record that makes it as large as this. */
const chunkBytesMax = 8 * 1024 * 1024;
/** A longer one is no record, but a quote that nobody closed. */
const recordBytesMax = 16 * 1024 * 1024;
/** As much of the start of a file as is looked at to tell its columns. */
export const headBytesMax = 1024 * 1024;

/** `stamps`: of all files of the input, in their order. */
export function openText(found: InputFiles, format: TextFormat, stamps: readonly FileStamp[]): Input {
  return {
    format: found.format,
    folder: found.folder,
    columns: format.columns,
    bytes: stamps.reduce((sum, { bytes }) => sum + bytes, 0),
    cut: (options) => cutFiles(found, format, stamps, options),
    read: (range) => readChunk(found.folder, format, range),
    close: async () => {},
  };
}

type Bytes = Extract<ChunkPlace, { kind: 'bytes' }>;

async function* cutFiles(
  { folder, files }: InputFiles,
  format: TextFormat,
  stamps: readonly FileStamp[],
  { rowsMax, after }: CutOptions,
): AsyncGenerator<ChunkRange> {
  let chunk = after ? after.chunk + 1 : 0;
  let firstRow = after ? after.firstRow + after.rows : 1;
  const cutAt = after?.place.kind === 'bytes' ? after.place : undefined;
  const first = cutAt ? files.indexOf(cutAt.file.file) : 0;
  for (const [index, name] of files.entries()) {
    if (index < first) continue;
    const file = await openFile(folder, name);
    try {
      const stamp = cutAt && index === first ? cutAt.file : (stamps[index] as FileStamp);
      await checkUnchanged(file, stamp);
      const head = await readBytes(file, 0, Math.min(headBytesMax, stamp.bytes));
      const from = cutAt && index === first ? cutAt.to : format.headBytes(head, name);
      for await (const { rows, ...place } of cutFile(file, stamp, from, format, rowsMax)) {
        yield { chunk: chunk++, firstRow, rows, place };
        firstRow += rows;
      }
      await checkUnchanged(file, stamp);
    } finally {
      await file.handle.close();
    }
  }
}

/** The records of one file, from the start of one. */
async function* cutFile(
  file: OpenFile,
  stamp: FileStamp,
  start: number,
  { rules }: TextFormat,
  rowsMax: number,
): AsyncGenerator<Bytes & { readonly rows: number }> {
  const scanner = createScanner(rules);
  let [from, recordAt, rows] = [start, start, 0];
  let hash = createHash('sha256');
  const ended = (to: number): Bytes & { rows: number } => {
    const piece = { kind: 'bytes', file: stamp, from, to, digest: hash.digest('hex'), rows } as const;
    [from, rows, hash] = [to, 0, createHash('sha256')];
    return piece;
  };
  for (let at = start; at < stamp.bytes; at += blockBytes) {
    const block = await readBytes(file, at, Math.min(at + blockBytes, stamp.bytes));
    let hashed = 0;
    for (const end of scanner.scan(block)) {
      rows++;
      recordAt = at + end;
      if (rows < rowsMax && recordAt - from < chunkBytesMax) continue;
      hash.update(block.subarray(hashed, end));
      hashed = end;
      yield ended(recordAt);
    }
    hash.update(block.subarray(hashed));
    if (at + block.byteLength - recordAt > recordBytesMax) throw endlessRecord(stamp.file, recordAt, scanner.isQuoted);
  }
  if (scanner.isQuoted) throw endlessRecord(stamp.file, recordAt, true);
  if (scanner.isWithin) rows++;
  if (rows > 0) yield ended(stamp.bytes);
}

const endlessRecord = (file: string, at: number, isQuoted: boolean): Error =>
  wrongInput(
    `${file}: the record that begins at byte ${at} ${isQuoted ? 'has a quote that is not closed' : `is longer than ${recordBytesMax} bytes`}`,
  );

async function* readChunk(folder: string, format: TextFormat, range: ChunkRange): AsyncGenerator<Row> {
  const { place, firstRow, rows: count } = range;
  if (place.kind !== 'bytes') throw wrongInput(`chunk ${range.chunk}: want a range of bytes, got one of ${place.kind}`);
  const bytes = await withFile(folder, place.file, (file) => readBytes(file, place.from, place.to));
  if (createHash('sha256').update(bytes).digest('hex') !== place.digest)
    throw changedInput(place.file.file, `bytes ${place.from} to ${place.to} are others`);
  const text = utf8(bytes);
  const records = (text !== undefined && format.readAll(text, count)) || readApart(bytes, format);
  for (const [index, record] of records.entries()) {
    const row = firstRow + index;
    if (typeof record !== 'string') yield { row, cells: record };
    else yield { row, cells: new Map(), error: { row, code: 'INVALID_ARGUMENT', message: record } };
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Each record by itself: what is wrong with one then says nothing of the others. */
function readApart(bytes: Buffer, format: TextFormat): ReturnType<TextFormat['readOne']>[] {
  const scanner = createScanner(format.rules);
  const ends = scanner.scan(bytes);
  if (scanner.isWithin) ends.push(bytes.byteLength);
  return ends.map((end, index) => {
    const record = bytes.subarray(ends[index - 1] ?? 0, end);
    const text = utf8(record);
    return text === undefined ? `want UTF-8, got other bytes, ${notUtf8(record)}` : format.readOne(text);
  });
}

/** The first place that is no UTF-8, with what stands before it. */
function notUtf8(record: Buffer): string {
  const shown = record.toString('utf8');
  const at = shown.indexOf('\ufffd');
  return `behind ${JSON.stringify(shown.slice(Math.max(0, at - 20), at))}; tables of other encodings have to be converted first, as by iconv`;
}
