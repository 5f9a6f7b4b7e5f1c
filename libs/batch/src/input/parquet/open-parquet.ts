/** Inputs of Parquet files. */
import type { Cell, Row } from '../../rows/row.ts';
import { checkUnchanged, type InputFiles, type OpenFile, openFile } from '../files.ts';
import type { ChunkRange, CutOptions, FileStamp, Input } from '../input.ts';
import { wrongInput } from '../refusals.ts';
import type { TypedFile } from './leaf-types.ts';
import { readFooter, readWindow, type Window } from './read-window.ts';

/** Rows are unpacked so many at a time, or as many as have `windowBytes`: a chunk of a few rows costs the pages around it. */
const windowRowsMax = 16_384;
const windowBytes = 16 * 1024 * 1024;

/** A file that is open, with what its footer says. */
interface Opened {
  readonly file: OpenFile;
  readonly typed: TypedFile;
}

interface Unpacked extends Window {
  /** Which file, as it was. */
  readonly source: string;
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * What this process has unpacked last, the latest first: whoever runs chunks opens their input for each of them, and the next chunks lie in the same rows. Two,
 * since two batches may run in turn.
 */
const unpacked: Unpacked[] = [];
const unpackedMax = 2;

async function unpack(folder: string, { file, typed }: Opened, window: Window): Promise<Unpacked> {
  const { stamp } = file;
  const source = JSON.stringify([folder, stamp, window.columns]);
  const at = unpacked.findIndex((one) => one.source === source && one.from <= window.from && one.to >= window.to);
  const [known] = at === -1 ? [] : unpacked.splice(at, 1);
  const made = known ?? { ...window, source, rows: await readWindow(file, typed, window) };
  unpacked.unshift(made);
  unpacked.length = Math.min(unpacked.length, unpackedMax);
  return made;
}

export async function openParquet(found: InputFiles, stamps: readonly FileStamp[]): Promise<Input> {
  const { folder, files } = found;
  let opened: Opened | undefined;
  /** One file is open at a time: chunks are mostly asked in the order of the rows. */
  const open = async (name: string): Promise<Opened> => {
    if (opened?.file.stamp.file === name) return opened;
    const file = await openFile(folder, name);
    try {
      const typed = await readFooter(file);
      await opened?.file.handle.close();
      opened = { file, typed };
      return opened;
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  };
  const { typed } = await open(files[0] as string);
  const columns = typed.columns.map(({ name, type }) => ({ name, type }));
  const names = columns.map(({ name }) => name);
  return {
    format: 'parquet',
    folder,
    columns,
    rows: files.length === 1 ? Number(typed.metadata.num_rows) : undefined,
    bytes: stamps.reduce((sum, { bytes }) => sum + bytes, 0),
    cut: (options) => cutFiles(found, stamps, names, open, options),
    read: (range, wanted) => readChunk(range, wanted ?? names, open, (file, window) => unpack(folder, file, window)),
    close: async () => {
      await opened?.file.handle.close();
      opened = undefined;
    },
  };
}

async function* cutFiles(
  { files }: InputFiles,
  stamps: readonly FileStamp[],
  names: readonly string[],
  open: (name: string) => Promise<Opened>,
  { rowsMax, after }: CutOptions,
): AsyncGenerator<ChunkRange> {
  let chunk = after ? after.chunk + 1 : 0;
  let firstRow = after ? after.firstRow + after.rows : 1;
  const cutAt = after?.place.kind === 'rows' ? after.place : undefined;
  const first = cutAt ? files.indexOf(cutAt.file.file) : 0;
  for (const [index, name] of files.entries()) {
    if (index < first) continue;
    const { file, typed } = await open(name);
    const stamp = cutAt && index === first ? cutAt.file : (stamps[index] as FileStamp);
    await checkUnchanged(file, stamp);
    const missing = names.find((column) => typed.columns.every((own) => own.name !== column));
    if (missing !== undefined)
      throw wrongInput(`${name}: want the columns of the first file, got none called ${missing}`);
    const done = cutAt && index === first ? cutAt.to : 0;
    for (const { from, to } of groupsOf(typed)) {
      for (let at = Math.max(from, done); at < to; at += rowsMax) {
        const rows = Math.min(rowsMax, to - at);
        yield { chunk: chunk++, firstRow, rows, place: { kind: 'rows', file: stamp, from: at, to: at + rows } };
        firstRow += rows;
      }
    }
  }
}

/** The rows of each row group, of the whole file. */
function groupsOf({ metadata }: TypedFile): { readonly from: number; readonly to: number }[] {
  let from = 0;
  return metadata.row_groups.map(({ num_rows }) => {
    const group = { from, to: from + Number(num_rows) };
    from = group.to;
    return group;
  });
}

async function* readChunk(
  { chunk, firstRow, place }: ChunkRange,
  wanted: readonly string[],
  open: (name: string) => Promise<Opened>,
  rowsOf: (file: Opened, window: Window) => Promise<Unpacked>,
): AsyncGenerator<Row> {
  if (place.kind !== 'rows') throw wrongInput(`chunk ${chunk}: want a range of rows, got one of ${place.kind}`);
  const opened = await open(place.file.file);
  await checkUnchanged(opened.file, place.file);
  const columns = opened.typed.columns.filter(({ name }) => wanted.includes(name));
  for (let at = place.from; at < place.to; ) {
    const window = windowAround(opened.typed, at, columns);
    const { from, rows, to } = await rowsOf(opened, window);
    for (const end = Math.min(to, place.to); at < end; at++) {
      const values = rows[at - from] ?? [];
      const cells = new Map<string, Cell>(columns.map(({ name, cell }, index) => [name, cell(values[index])]));
      yield { row: firstRow + at - place.from, cells };
    }
  }
}

/** The rows around one that are unpacked with it: of columns of lists all of their row group, since these can be read from its start only. */
function windowAround(typed: TypedFile, row: number, columns: TypedFile['columns']): Window {
  const groups = groupsOf(typed);
  const groupIndex = groups.findIndex(({ from, to }) => row >= from && row < to);
  const { from, to } = groups[groupIndex] ?? { from: row, to: row };
  const names = columns.map(({ name }) => name);
  if (columns.some(({ isNested }) => isNested)) return { groupIndex, from, to, columns: names };
  const bytes = Number(typed.metadata.row_groups[groupIndex]?.total_byte_size ?? 0);
  const bytesPerRow = Math.max(1, bytes / Math.max(1, to - from));
  const size = Math.max(1, Math.min(windowRowsMax, Math.floor(windowBytes / bytesPerRow)));
  const start = from + Math.floor((row - from) / size) * size;
  return { groupIndex, from: start, to: Math.min(start + size, to), columns: names };
}
