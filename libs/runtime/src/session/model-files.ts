/** The files of a model version, loaded only while they are those that were checked: a version is its content. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';

export interface ModelFiles {
  /** The folder of the version, absolute: nothing outside it is read. */
  readonly folder: string;
  /** From the folder: the model first, then those that it keeps weights in. */
  readonly files: readonly [ModelFile, ...ModelFile[]];
}

export interface ModelFile {
  /** With `/`, and without `..`. */
  readonly path: string;
  /** In hex. */
  readonly sha256: string;
}

/** Read at once; a hash and a read both take less than 2 GiB. */
const pieceBytes = 64 * 2 ** 20;

/** The whole of a file, in memory of its own, which may be more than the 2 GiB that `readFile` takes; throws when it is not the one that was checked. */
export const readChecked = (model: ModelFiles, file: ModelFile): Promise<Uint8Array<ArrayBuffer>> =>
  withFile(model, file, async (handle) => {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    await check(handle, file, (from) => bytes.subarray(from, from + pieceBytes));
    return bytes;
  });

/** Throws when a file is not the one that was checked; what it answers throws when the file was touched since. For files that the runtime reads itself. */
export const watchChecked = (model: ModelFiles, file: ModelFile): Promise<() => Promise<void>> =>
  withFile(model, file, async (handle) => {
    const before = await stateOf(handle);
    const piece = new Uint8Array(pieceBytes);
    await check(handle, file, () => piece);
    return () =>
      withFile(model, file, async (again) => {
        if ((await stateOf(again)) !== before) throw changed(file.path);
      });
  });

async function withFile<T>(
  { folder }: ModelFiles,
  { path }: ModelFile,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(join(folder, path));
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Which file it is, and when anything of it was changed last: nobody can set that time back. */
async function stateOf(handle: FileHandle): Promise<string> {
  const { dev, ino, size, ctimeNs } = await handle.stat({ bigint: true });
  return [dev, ino, size, ctimeNs].join();
}

/** Reads all of a file into the memory that `into` answers for each place, and holds it against its hash. */
async function check(
  handle: FileHandle,
  { path, sha256 }: ModelFile,
  into: (from: number) => Uint8Array,
): Promise<void> {
  const hash = createHash('sha256');
  for (let from = 0; ; ) {
    const memory = into(from);
    const { bytesRead } =
      memory.byteLength === 0 ? { bytesRead: 0 } : await handle.read(memory, 0, memory.byteLength, from);
    if (bytesRead === 0) break;
    hash.update(memory.subarray(0, bytesRead));
    from += bytesRead;
  }
  if (hash.digest('hex') !== sha256) throw changed(path);
}

const changed = (path: string): InferError =>
  new InferError('FAILED_PRECONDITION', `${path} was changed after it was checked`, { reason: 'MODEL_CHANGED' });
