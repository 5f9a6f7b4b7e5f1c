/** Reads of files that are hashed by the descriptor that they are then read from. */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSha256 } from '../names.ts';
import { invalid, notThere, refused } from '../refusals.ts';
import { asBlobError } from './blob-failures.ts';
import { orUndefined, type Places } from './places.ts';
import { type ChunkMemory, hashOf, readFrom } from './read-file.ts';
import { createHashRecent, type HashRecent } from './verified.ts';

export interface CheckedReads {
  /** A descriptor that was hashed; the caller closes it. */
  readonly opened: (sha256: string) => Promise<FileHandle>;
  readonly read: (sha256: string, from?: number, memory?: ChunkMemory) => AsyncIterable<Uint8Array>;
}

export function createCheckedReads(places: Places, onCorrupt: (sha256: string) => Promise<void>): CheckedReads {
  const hashRecent = createHashRecent();
  const opened = async (sha256: string, hash: HashRecent = hashOf): Promise<FileHandle> => {
    const handle = await openBlob(places, sha256);
    const found = await handle.stat();
    try {
      if (found.isFile() && (await hash(handle)) === sha256) return handle;
    } catch (error) {
      await handle.close();
      throw asBlobError(error);
    }
    await handle.close();
    // First: when it fails, the file is found again.
    await onCorrupt(sha256);
    await setAside(places, sha256, found);
    throw refused(
      'BLOB_CORRUPT',
      `sha256 ${sha256}: the file in the registry is not what it was; it is in quarantine, and comes back with another push`,
    );
  };
  async function* read(sha256: string, from = 0, memory: ChunkMemory = 'own'): AsyncIterable<Uint8Array> {
    // Whoever reads parts of a file has it hashed once; a copy that is kept is hashed each time.
    const handle = await opened(sha256, memory === 'own' ? hashRecent : hashOf);
    try {
      const { size } = await handle.stat();
      if (!Number.isSafeInteger(from) || from < 0 || from > size)
        throw invalid('offset', `want 0 to ${size}, got ${from}`);
      yield* readFrom(handle, from, from === 0 ? sha256 : undefined, memory);
    } catch (error) {
      throw asBlobError(error);
    } finally {
      await handle.close();
    }
  }
  return { opened, read };
}

/** On a disk that may only be read it stays where it is, and is refused again. */
async function setAside(places: Places, sha256: string, { ino }: Stats): Promise<void> {
  const aside = join(places.quarantine, `${sha256}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(places.quarantine, { recursive: true, mode: 0o700 });
    await rename(places.blob(sha256), aside);
    // Pushed again between the look and now, it is another file, and goes back.
    if ((await lstat(aside)).ino !== ino) await rename(aside, places.blob(sha256));
  } catch {
    // Somebody else has done it.
  }
}

async function openBlob(places: Places, sha256: string): Promise<FileHandle> {
  checkSha256(sha256);
  // A link is not followed: nothing gets out of the folder, or in, by one. Nor does a pipe keep anybody waiting.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const { blob, trashed } = places;
  // What a sweep took away a moment ago may be about to come back, or be back by then.
  for (const path of [blob(sha256), trashed(sha256), blob(sha256)]) {
    const handle = await open(path, flags).catch(orUndefined);
    if (handle) return handle;
  }
  throw notThere(`sha256 ${sha256}: the registry has no such file`, 'BLOB_NOT_FOUND');
}
