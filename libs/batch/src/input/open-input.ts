/** Opens what a batch reads. */
import { findFiles, openFile, readBytes } from './files.ts';
import { openImages } from './images.ts';
import type { FileStamp, Input, InputSpec } from './input.ts';
import { openParquet } from './parquet/open-parquet.ts';
import { csvFormat } from './text/csv.ts';
import { ndjsonFormat } from './text/ndjson.ts';
import { headBytesMax, openText } from './text/open-text.ts';

/** Opens an input, and reads as much of it as tells its columns. Throws INVALID_ARGUMENT with a sentence for what is no input. Close it. */
export async function openInput(spec: InputSpec): Promise<Input> {
  const found = await findFiles(spec);
  if (found.format === 'images') return openImages(found);
  const stamps: FileStamp[] = [];
  for (const name of found.files) {
    const { stamp, handle } = await openFile(found.folder, name);
    await handle.close();
    stamps.push(stamp);
  }
  if (found.format === 'parquet') return openParquet(found, stamps);
  const [name = ''] = found.files;
  const file = await openFile(found.folder, name);
  try {
    const start = await readBytes(file, 0, Math.min(headBytesMax, file.stamp.bytes));
    const format = found.format === 'csv' ? csvFormat(start, name, spec.delimiter) : ndjsonFormat(start, name);
    return openText(found, format, stamps);
  } finally {
    await file.handle.close();
  }
}
