/** The files of versions by their content: a port, and its adapter on a disk. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkSha256 } from '../names.ts';
import { invalid, notThere, refused } from '../refusals.ts';
import { asBlobError, isCode } from './blob-failures.ts';
import { copyStream } from './copy-stream.ts';
import { hashOf, readFrom } from './read-file.ts';
import { createUploads, type Upload, type UploadRequest } from './uploads.ts';

export interface Blobs {
  /** Begins an upload, or goes on with the one of this id: `offset` tells from where. Of what is there already it has nothing to send. */
  upload(request: UploadRequest): Promise<Upload>;
  /** Adds a stream as a whole; a stream that is not of this hash and size is refused (BLOB_MISMATCH). */
  add(request: Omit<UploadRequest, 'id'>, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Of these, the ones that are not there. What is there is taken for new from now on: no sweep of the next hour takes it. */
  missing(sha256s: readonly string[]): Promise<readonly string[]>;
  /**
   * The bytes, from an offset on (default 0). The file is hashed by the descriptor that it is then read from, before the first byte; one that is not what it should
   * be is put in quarantine and refused (BLOB_CORRUPT). Chunks are the reader's own, of 256 KiB at most.
   */
  read(sha256: string, from?: number): AsyncIterable<Uint8Array>;
  /** The whole of a small file, of at most `bytesMax`. */
  readWhole(sha256: string, bytesMax: number): Promise<Uint8Array>;
  /** A checked copy at a path, which nobody sees before it is whole. Folders are made where there are none. */
  place(sha256: string, path: string): Promise<void>;
  /** Hashes a file; answers false when it was not what it should be, and is in quarantine now. */
  verify(sha256: string): Promise<boolean>;
  /** Every hash of which there is a file, in pages of a folder each. */
  list(): AsyncIterable<readonly string[]>;
  /** Removes what nobody uses and is older than `graceMs`, and uploads that nobody went on with for so long; answers how many files went. */
  sweep(options: SweepOptions): Promise<number>;
}

export interface SweepOptions {
  /** Of at most 1,000 hashes, those in use. */
  readonly inUse: (sha256s: readonly string[]) => Promise<readonly string[]>;
  /** Default an hour: longer than it takes to publish what was uploaded. */
  readonly graceMs?: number;
}

export interface BlobsOptions {
  /** Told of a file that was put in quarantine. */
  readonly onCorrupt?: (sha256: string) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const hourMs = 3_600_000;

/** Keeps files in `folder`, which is made where there is none, for the eyes of its owner only. */
export function createBlobs(folder: string, { onCorrupt = async () => {}, now = Date.now }: BlobsOptions = {}): Blobs {
  const pathOf = (sha256: string): string => join(folder, 'blobs', 'sha256', sha256.slice(0, 2), sha256);
  /** What a sweep is about to remove: it may yet come back. */
  const trashOf = (sha256: string): string => join(folder, 'trash', sha256);
  const uploads = createUploads(join(folder, 'uploads'), pathOf);

  const openBlob = async (sha256: string): Promise<FileHandle> => {
    checkSha256(sha256);
    // A link is not followed: nothing gets out of the folder, or in, by one.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
    const found =
      (await open(pathOf(sha256), flags).catch(orUndefined)) ?? (await open(trashOf(sha256), flags).catch(orUndefined));
    if (!found) throw notThere(`sha256 ${sha256}: the registry has no such file`, 'BLOB_NOT_FOUND');
    return found;
  };

  /** Uses a file once its descriptor was hashed. */
  const opened = async (sha256: string): Promise<FileHandle> => {
    const handle = await openBlob(sha256);
    try {
      const isFile = (await handle.stat()).isFile();
      if (isFile && (await hashOf(handle)) === sha256) return handle;
    } catch (error) {
      await handle.close();
      throw asBlobError(error);
    }
    await handle.close();
    await setAside(sha256);
    throw corrupt(sha256);
  };

  const setAside = async (sha256: string): Promise<void> => {
    const aside = join(folder, 'quarantine', `${sha256}.${randomBytes(6).toString('hex')}`);
    await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
    // On a disk that may only be read it stays where it is, and is refused again.
    await rename(pathOf(sha256), aside).catch(() => {});
    await onCorrupt(sha256);
  };

  async function* read(sha256: string, from = 0): AsyncIterable<Uint8Array> {
    const handle = await opened(sha256);
    try {
      const { size } = await handle.stat();
      if (!Number.isSafeInteger(from) || from < 0 || from > size)
        throw invalid('offset', `want 0 to ${size}, got ${from}`);
      yield* readFrom(handle, from, from === 0 ? sha256 : undefined);
    } catch (error) {
      throw asBlobError(error);
    } finally {
      await handle.close();
    }
  }

  const missing: Blobs['missing'] = async (sha256s) => {
    const at = new Date(now());
    const absent: string[] = [];
    for (const sha256 of sha256s) {
      checkSha256(sha256);
      // Its time first: a sweep that took the file before that gives back what is new, and one that comes after leaves it.
      await utimes(pathOf(sha256), at, at).catch(orUndefined);
      const found = await lstat(pathOf(sha256)).catch(orUndefined);
      if (!found?.isFile()) absent.push(sha256);
    }
    return absent;
  };

  return {
    upload: uploads.begin,
    add: uploads.add,
    missing,
    read,
    readWhole: async (sha256, bytesMax) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of read(sha256)) {
        size += chunk.byteLength;
        if (size > bytesMax) throw refused('BLOB_TOO_LARGE', `sha256 ${sha256}: want at most ${bytesMax} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    place: (sha256, path) => copyStream(read(sha256), path),
    verify: async (sha256) => {
      try {
        await (await opened(sha256)).close();
        return true;
      } catch (error) {
        if (error instanceof Error && 'reason' in error && error.reason === 'BLOB_CORRUPT') return false;
        throw error;
      }
    },
    list: () => listBlobs(join(folder, 'blobs', 'sha256')),
    sweep: async ({ inUse, graceMs = hourMs }) => {
      const before = now() - graceMs;
      await mkdir(join(folder, 'trash'), { recursive: true, mode: 0o700 }).catch(rethrow);
      let removed = 0;
      // What an earlier sweep, which was killed, has left there.
      for (const sha256 of await namesIn(join(folder, 'trash')))
        removed += Number(await removeTrash(sha256, before, { inUse, pathOf, trashOf }));
      for await (const found of listBlobs(join(folder, 'blobs', 'sha256'))) {
        const old: string[] = [];
        for (const sha256 of found) if (await isOlder(pathOf(sha256), before)) old.push(sha256);
        const used = new Set(await inUse(old));
        for (const sha256 of old) {
          if (used.has(sha256)) continue;
          await rename(pathOf(sha256), trashOf(sha256)).catch(orUndefined);
          removed += Number(await removeTrash(sha256, before, { inUse, pathOf, trashOf }));
        }
      }
      await uploads.sweep(before);
      return removed;
    },
  };
}

interface Places {
  readonly inUse: SweepOptions['inUse'];
  readonly pathOf: (sha256: string) => string;
  readonly trashOf: (sha256: string) => string;
}

/**
 * Removes a file for good, unless it is needed after all. Whoever publishes a version makes its files new first and looks for them then; so a file that was taken
 * away in between is new here, and one that was taken before is missed there. One that is in use comes back in any case.
 */
async function removeTrash(sha256: string, before: number, { inUse, pathOf, trashOf }: Places): Promise<boolean> {
  const trash = trashOf(sha256);
  if ((await isOlder(trash, before)) && (await inUse([sha256])).length === 0) {
    await rm(trash, { force: true });
    return true;
  }
  // A link instead of a move: what was uploaded again meanwhile stays.
  await link(trash, pathOf(sha256)).catch((error) => {
    if (!isCode(error, 'EEXIST')) orUndefined(error);
  });
  await rm(trash, { force: true });
  return false;
}

async function isOlder(path: string, before: number): Promise<boolean> {
  const found = await lstat(path).catch(orUndefined);
  return found !== undefined && found.mtimeMs < before;
}

async function* listBlobs(root: string): AsyncIterable<readonly string[]> {
  for (const shard of await namesIn(root)) {
    const names = (await namesIn(join(root, shard))).filter((name) => /^[0-9a-f]{64}$/.test(name));
    for (let at = 0; at < names.length; at += 1_000) yield names.slice(at, at + 1_000);
  }
}

const namesIn = async (folder: string): Promise<readonly string[]> => (await readdir(folder).catch(orUndefined)) ?? [];

const corrupt = (sha256: string): Error =>
  refused(
    'BLOB_CORRUPT',
    `sha256 ${sha256}: the file in the registry is not what it was; it is in quarantine, and comes back with another push`,
  );

/** What is not there, is no folder or is a link is as good as absent; everything else is a failure. */
function orUndefined(error: unknown): undefined {
  if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
  throw asBlobError(error);
}

function rethrow(error: unknown): never {
  throw asBlobError(error);
}
