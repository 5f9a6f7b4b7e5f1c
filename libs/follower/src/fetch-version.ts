/** Brings the files of a version from the registry to where a view has them: what came before it broke off is not fetched again, and each file is what its hash says. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InferError } from '@sheaf/inference';
import { isDigest, isInside, type VersionFile, type ViewVersion, versionFolder, viewFolder } from '@sheaf/mesh';
import type { EntryPlace, RegistrySource } from './source.ts';

/** Where versions are put together. */
const incoming = (folder: string, digest: string): string =>
  join(viewFolder(folder), 'incoming', digest.replace(/^sha256:/, ''));

/** Resolves when all files of the version are in its folder, on the disk. */
export async function fetchVersion(
  folder: string,
  { kind, name }: EntryPlace,
  { version, digest, files }: Pick<ViewVersion, 'version' | 'digest' | 'files'>,
  source: Pick<RegistrySource, 'read'>,
  signal: AbortSignal,
): Promise<void> {
  // A registry elsewhere is not believed to stay within our folders.
  if (!isDigest(digest))
    throw new InferError(
      'FAILED_PRECONDITION',
      `the registry names version ${version} of ${name} by what is no digest`,
    );
  const home = versionFolder(folder, digest);
  if (await isThere(home)) return;
  const wrong = files.find(({ path }) => !isInside(path));
  if (wrong) throw new InferError('FAILED_PRECONDITION', `"${wrong.path}" is no path of a file in a version`);
  const temporary = incoming(folder, digest);
  for (const file of files)
    await fetchFile(join(temporary, file.path), file, (offset) =>
      source.read({ kind, name, version, ...file }, offset, signal),
    );
  await mkdir(dirname(home), { recursive: true, mode: 0o700 });
  for (const made of new Set([...files.map(({ path }) => dirname(join(temporary, path))), temporary])) await sync(made);
  await rename(temporary, home);
  await sync(dirname(home));
}

export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function fetchFile(
  file: string,
  { sha256, sizeBytes, path }: VersionFile,
  read: (offset: number) => AsyncIterable<Uint8Array>,
): Promise<void> {
  if (await isThere(file)) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.part`;
  const hash = createHash('sha256');
  let offset = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (offset > sizeBytes) {
    await rm(part);
    offset = 0;
  }
  if (offset > 0) await pipeline(createReadStream(part), hash, { end: false });
  const handle = await open(part, 'a', 0o600);
  try {
    if (offset < sizeBytes)
      for await (const piece of read(offset)) {
        hash.update(piece);
        offset += piece.byteLength;
        if (offset > sizeBytes) break;
        await handle.writeFile(piece);
      }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (offset < sizeBytes)
    throw new InferError('UNAVAILABLE', `${path} broke off after ${offset} of ${sizeBytes} bytes`);
  const got = hash.digest('hex');
  if (offset === sizeBytes && got === sha256) return rename(part, file);
  await rm(part);
  throw new InferError('DATA_LOSS', `${path} is not what the registry says: want sha256 ${sha256}, got ${got}`);
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
