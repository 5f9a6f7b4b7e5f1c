/** The files that a model keeps weights in: each is in the version's folder, whole, and part of the version. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ExternalFile } from '@sheaf/onnx';
import type { ModelFile } from '@sheaf/runtime';
import { type MeshProblem, problemIn } from './problem.ts';

const pieceBytes = 2 ** 20;

/** What is in each of the files that the model names, in their order; undefined, with a problem, where one cannot be served. `whole` hears all bytes. */
export async function readExternalFiles(
  folder: string,
  version: string,
  externalFiles: readonly ExternalFile[],
  whole: Hash,
  problems: MeshProblem[],
): Promise<readonly ModelFile[] | undefined> {
  const files: ModelFile[] = [];
  for (const external of externalFiles) {
    const read = await readExternal(join(folder, version), external, whole);
    if (typeof read !== 'string') files.push(read);
    else problems.push(problemIn(`${version}/${external.location}`, read));
  }
  return files.length === externalFiles.length ? files : undefined;
}

async function readExternal(
  folder: string,
  { location, bytesMin }: ExternalFile,
  whole: Hash,
): Promise<ModelFile | string> {
  const missing = 'the model keeps weights here, found no file that can be read; copy it here together with the model';
  const [home, target] = await Promise.all(
    [folder, join(folder, location)].map((path) => realpath(path).catch(() => '')),
  );
  if (!home || !target) return missing;
  if (!target.startsWith(home + sep))
    return 'the model keeps weights here, found a link that leads out of the folder of the version; copy the file itself here';
  const handle = await open(target).catch(() => undefined);
  if (!handle) return missing;
  try {
    const state = await handle.stat();
    if (!state.isFile()) return 'the model keeps weights here, found something that is no file';
    if (state.size < bytesMin)
      return `the model reads ${bytesMin} bytes here, found ${state.size}; the file is not whole, copy it again`;
    return { path: location, sha256: await sha256Of(handle, whole) };
  } finally {
    await handle.close();
  }
}

async function sha256Of(handle: FileHandle, whole: Hash): Promise<string> {
  const own = createHash('sha256');
  const piece = new Uint8Array(pieceBytes);
  for (let from = 0; ; ) {
    const { bytesRead } = await handle.read(piece, 0, piece.byteLength, from);
    if (bytesRead === 0) return own.digest('hex');
    own.update(piece.subarray(0, bytesRead));
    whole.update(piece.subarray(0, bytesRead));
    from += bytesRead;
  }
}
