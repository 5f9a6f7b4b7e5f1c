/** Inputs that are folders of images: a row for each file. */
import type { Row } from '../rows/row.ts';
import { checkUnchanged, type InputFiles, openFile } from './files.ts';
import type { ChunkRange, CutOptions, FileStamp, Input } from './input.ts';
import { wrongInput } from './refusals.ts';

/** The one column of such an input: the path of the image from the folder. */
export const fileColumn = 'file';

export function openImages({ format, folder, files }: InputFiles): Input {
  return {
    format,
    folder,
    columns: [{ name: fileColumn, type: 'text' }],
    rows: files.length,
    bytes: 0,
    cut: (options) => cutFiles(folder, files, options),
    read: (range) => readChunk(folder, range),
    close: async () => {},
  };
}

async function* cutFiles(
  folder: string,
  files: readonly string[],
  { rowsMax, after }: CutOptions,
): AsyncGenerator<ChunkRange> {
  const last = after?.place.kind === 'files' ? after.place.files.at(-1)?.file : undefined;
  let chunk = after ? after.chunk + 1 : 0;
  let firstRow = after ? after.firstRow + after.rows : 1;
  for (let at = last === undefined ? 0 : files.indexOf(last) + 1; at < files.length; at += rowsMax) {
    const stamps: FileStamp[] = [];
    for (const name of files.slice(at, at + rowsMax)) stamps.push(await stampOf(folder, name));
    yield { chunk: chunk++, firstRow, rows: stamps.length, place: { kind: 'files', files: stamps } };
    firstRow += stamps.length;
  }
}

async function stampOf(folder: string, name: string): Promise<FileStamp> {
  const { stamp, handle } = await openFile(folder, name);
  await handle.close();
  return stamp;
}

async function* readChunk(folder: string, { chunk, firstRow, place }: ChunkRange): AsyncGenerator<Row> {
  if (place.kind !== 'files') throw wrongInput(`chunk ${chunk}: want a list of files, got a range of ${place.kind}`);
  for (const [index, stamp] of place.files.entries()) {
    const file = await openFile(folder, stamp.file);
    try {
      await checkUnchanged(file, stamp);
    } finally {
      await file.handle.close();
    }
    yield { row: firstRow + index, cells: new Map([[fileColumn, stamp.file]]) };
  }
}
