/** The files of versions by their content: a port, and its adapter on a disk. */

import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, statfs, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InferError } from '@sheaf/inference';
import { checkSha256 } from '../names.ts';
import { refused } from '../refusals.ts';
import { asBlobError } from './blob-failures.ts';
import { createCheckedReads } from './checked-reads.ts';
import { copyStream } from './copy-stream.ts';
import { listBlobs, orUndefined, type Places, placesIn } from './places.ts';
import { type Sweep, sweepBlobs } from './sweep.ts';
import { createUploads, type Upload, type UploadRequest, type Uploads } from './uploads.ts';

export interface Blobs extends Pick<Uploads, 'sent' | 'forget' | 'sentBytes'> {
  /** Begins an upload, or goes on with the one of this id: `offset` tells from where. Of what is there already it has nothing to send. */
  upload(request: UploadRequest): Promise<Upload>;
  /** Adds a stream as a whole; a stream that is not of this hash and size is refused (BLOB_MISMATCH). */
  add(request: Omit<UploadRequest, 'id'>, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Of these, the ones that are not there. What is there is taken for new from now on: no sweep of the next hour takes it. */
  missing(sha256s: readonly string[]): Promise<readonly string[]>;
  /**
   * The bytes, from an offset on (default 0). The file is hashed by the descriptor that it is then read from, before the first byte, unless it was a minute ago and
   * nobody has written it since; one that is not what it should
   * be is put in quarantine and refused (BLOB_CORRUPT). Chunks are the reader's own, of 256 KiB at most.
   */
  read(sha256: string, from?: number): AsyncIterable<Uint8Array>;
  /** The whole of a small file, of at most `bytesMax`. */
  readWhole(sha256: string, bytesMax: number): Promise<Uint8Array>;
  /** A checked copy at a path, which nobody sees before it is whole. Folders are made where there are none. */
  place(sha256: string, path: string): Promise<void>;
  /** A copy at a path that the system makes, of bytes that nobody has looked at: for what is not served. Folders are made where there are none. */
  copy(sha256: string, path: string): Promise<void>;
  /** Hashes a file; answers false when it was not what it should be, and is in quarantine now. */
  verify(sha256: string): Promise<boolean>;
  /** Bytes of its disk that are free for this process. */
  freeBytes(): Promise<number>;
  /** Every hash of which there is a file, in pages of a folder each. */
  list(): AsyncIterable<readonly string[]>;
  /** Removes what nobody uses and is older than `graceMs`, and uploads that nobody went on with for so long; answers how many files went. */
  sweep(options: SweepOptions): Promise<number>;
}

export interface SweepOptions extends Pick<Sweep, 'inUse'> {
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
  const places = placesIn(folder);
  const uploads = createUploads(places);
  const { opened, read } = createCheckedReads(places, onCorrupt);
  return {
    upload: uploads.begin,
    add: uploads.add,
    sent: uploads.sent,
    forget: uploads.forget,
    sentBytes: uploads.sentBytes,
    missing: (sha256s) => missing(places, sha256s, new Date(now())),
    read: (sha256, from) => read(sha256, from),
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
    place: (sha256, path) => copyStream(read(sha256, 0, 'reused'), path),
    copy: async (sha256, path) => {
      checkSha256(sha256);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await copyFile(places.blob(sha256), path, constants.COPYFILE_FICLONE).catch((error: unknown) => {
        throw asBlobError(error);
      });
    },
    verify: async (sha256) => {
      try {
        await (await opened(sha256)).close();
        return true;
      } catch (error) {
        if (error instanceof InferError && error.reason === 'BLOB_CORRUPT') return false;
        throw error;
      }
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    list: () => listBlobs(places),
    sweep: async ({ inUse, graceMs = hourMs }) => {
      const beforeMs = now() - graceMs;
      const removed = await sweepBlobs(places, { inUse, beforeMs });
      await uploads.sweep(beforeMs);
      return removed;
    },
  };
}

async function missing(places: Places, sha256s: readonly string[], at: Date): Promise<readonly string[]> {
  const absent: string[] = [];
  for (const sha256 of sha256s) {
    checkSha256(sha256);
    const path = places.blob(sha256);
    // Its time first: a sweep that took the file before that gives back what is new, and one that comes after leaves it.
    await utimes(path, at, at).catch(orUndefined);
    const found = await lstat(path).catch(orUndefined);
    if (!found?.isFile()) absent.push(sha256);
  }
  return absent;
}
