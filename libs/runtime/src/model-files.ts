/** The files of a model version, loaded only while they are those that were checked: a version is its content. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
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
export async function readChecked(
  { folder }: ModelFiles,
  { path, sha256 }: ModelFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(join(folder, path));
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    const hash = createHash('sha256');
    for (let from = 0; from < size; ) {
      const { bytesRead } = await handle.read(bytes, from, Math.min(pieceBytes, size - from), from);
      if (bytesRead === 0) throw changed(path);
      hash.update(bytes.subarray(from, from + bytesRead));
      from += bytesRead;
    }
    if (hash.digest('hex') !== sha256) throw changed(path);
    return bytes;
  } finally {
    await handle.close();
  }
}

const changed = (path: string): InferError =>
  new InferError('FAILED_PRECONDITION', `${path} was changed after it was checked`, { reason: 'MODEL_CHANGED' });
