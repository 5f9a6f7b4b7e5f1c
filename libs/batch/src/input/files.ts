/** The files of an input: which they are, and whether they are still the same. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FileStamp, InputFormat, InputSpec } from './input.ts';
import { changedInput, wrongInput } from './refusals.ts';

const formatOf: Readonly<Record<string, InputFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.txt': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'ndjson',
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.png': 'images',
  '.jpg': 'images',
  '.jpeg': 'images',
};

/** Why a file of this ending is no input, though people have such. */
const advice: Readonly<Record<string, string>> = {
  '.gz': 'unpack it first: a packed file cannot be read from its middle',
  '.zip': 'unpack it first',
  '.zst': 'unpack it first: a packed file cannot be read from its middle',
  '.bz2': 'unpack it first: a packed file cannot be read from its middle',
  '.xlsx': 'save it as CSV (UTF-8)',
  '.xls': 'save it as CSV (UTF-8)',
  '.arrow': 'write it as Parquet',
  '.feather': 'write it as Parquet',
  '.avro': 'write it as Parquet',
};

/** A folder may have this many part files. */
const partsMax = 10_000;
const depthMax = 8;

/** Where an input lies. */
export interface InputFiles {
  readonly format: InputFormat;
  /** Absolute. */
  readonly folder: string;
  /** From the folder, with `/`, in the order of their characters, which is the same everywhere. */
  readonly files: readonly string[];
}

export async function findFiles({ path, format }: InputSpec): Promise<InputFiles> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw wrongInput(`the input ${path} cannot be read (${error.code})`);
  });
  const isFolder = found.isDirectory();
  const folder = isFolder ? path : dirname(path);
  const all = isFolder ? (await filesIn(path)).sort() : [basename(path)];
  const files = isFolder && format === undefined ? all.filter((file) => endingOf(file) in formatOf) : all;
  const [first] = files;
  if (first === undefined)
    throw wrongInput(`the folder ${path} has no file of a table (csv, ndjson, parquet) and no image (png, jpg)`);
  const formats = new Set(files.map((file) => format ?? formatFor(file, folder)));
  const [only] = formats;
  if (only === undefined || formats.size > 1)
    throw wrongInput(
      `the folder ${path} has files of several kinds: ${[...formats].join(', ')}; say which with format`,
    );
  const kept = format === undefined ? files : files.filter((file) => !isFolder || isOf(file, format));
  if (kept.length === 0) throw wrongInput(`the folder ${path} has no ${only} file`);
  if (only !== 'images' && kept.length > partsMax)
    throw wrongInput(`the folder ${path}: want at most ${partsMax} part files, got ${kept.length}`);
  return { format: only, folder, files: kept };
}

const endingOf = (file: string): string => extname(file).toLowerCase();

/** Spark names its parts without an ending of their own; what has another format's ending is none. */
const isOf = (file: string, format: InputFormat): boolean => (formatOf[endingOf(file)] ?? format) === format;

function formatFor(file: string, folder: string): InputFormat {
  const ending = endingOf(file);
  const format = formatOf[ending];
  if (format) return format;
  const hint = advice[ending] ?? 'say what it is with format';
  throw wrongInput(
    `${join(folder, file)}: want csv, ndjson, parquet or images, got a file that ends in "${ending}"; ${hint}`,
  );
}

/** Files whose names begin with `.` or `_` are none: `_SUCCESS`, `.part-0.crc`. */
async function filesIn(folder: string, depth = 0): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const visible = entries.filter(({ name }) => !/^[._]/.test(name));
  const nested = await Promise.all(
    visible.map(async (entry): Promise<string[]> => {
      if (!entry.isDirectory()) return [entry.name];
      if (depth === depthMax) throw wrongInput(`${join(folder, entry.name)}: want folders at most ${depthMax} deep`);
      return (await filesIn(join(folder, entry.name), depth + 1)).map((file) => `${entry.name}/${file}`);
    }),
  );
  return nested.flat();
}

/** A file that is open for reading, and what it was when it was opened. */
export interface OpenFile {
  readonly stamp: FileStamp;
  readonly handle: FileHandle;
}

export async function openFile(folder: string, file: string): Promise<OpenFile> {
  const handle = await open(join(folder, file)).catch((error: NodeJS.ErrnoException) => {
    throw wrongInput(`the input ${join(folder, file)} cannot be read (${error.code})`);
  });
  try {
    return { handle, stamp: await stampOf(handle, file) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function stampOf(handle: FileHandle, file: string): Promise<FileStamp> {
  const { size, mtimeMs } = await handle.stat();
  return { file, bytes: size, changedAt: Math.floor(mtimeMs) };
}

/** Throws FAILED_PRECONDITION where an open file is another than `want` says. */
export async function checkUnchanged({ handle }: OpenFile, want: FileStamp): Promise<void> {
  const got = await stampOf(handle, want.file);
  if (got.bytes !== want.bytes) throw changedInput(want.file, `want ${want.bytes} bytes, got ${got.bytes}`);
  if (got.changedAt !== want.changedAt)
    throw changedInput(
      want.file,
      `it was written at ${new Date(want.changedAt).toISOString()} and again at ${new Date(got.changedAt).toISOString()}`,
    );
}

/** Opens a file that was cut before, does something with it, and closes it. */
export async function withFile<T>(folder: string, want: FileStamp, task: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await openFile(folder, want.file);
  try {
    await checkUnchanged(file, want);
    return await task(file);
  } finally {
    await file.handle.close();
  }
}

/** Exactly these bytes of an open file. */
export async function readBytes({ handle, stamp }: OpenFile, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(to - from);
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.byteLength - at, from + at);
    if (bytesRead === 0) throw changedInput(stamp.file, `want ${to} bytes or more, got ${from + at}`);
    at += bytesRead;
  }
  return bytes;
}
