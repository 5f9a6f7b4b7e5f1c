/** The SHA-256 of files; one that has not changed is not hashed twice. */
import { createHash } from 'node:crypto';
import { type BigIntStats, createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

export interface FileHash {
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

export interface HashedFile extends FileHash {
  readonly bytes: Uint8Array;
}

/** Between two pieces others have their turn: who serves calls may hash too. */
const pieceBytes = 4 * 2 ** 20;
const rememberedMax = 65_536;
/** Two writes may get one time; whatever has been quiet for longer than a file system's clock is coarse has had its last. */
const settledMs = 2_000;

/** By the state of a file. Its time of change (ctime) is the system's own: who sets back the time of its content cannot set this one. */
const remembered = new Map<string, string>();
const stateOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');

function remember(before: BigIntStats, after: BigIntStats, startedAtMs: number, sha256: string): void {
  const state = stateOf(before);
  if (state !== stateOf(after) || Number(after.ctimeMs) > startedAtMs - settledMs) return;
  const [oldest] = remembered.size >= rememberedMax ? remembered.keys() : [];
  if (oldest !== undefined) remembered.delete(oldest);
  remembered.set(state, sha256);
}

async function hashed<T>(file: string, read: (handle: FileHandle, known: string | undefined) => Promise<T & FileHash>) {
  const startedAtMs = Date.now();
  const handle = await open(file);
  try {
    const before = await handle.stat({ bigint: true });
    const result = await read(handle, remembered.get(stateOf(before)));
    remember(before, await handle.stat({ bigint: true }), startedAtMs, result.sha256);
    return result;
  } finally {
    await handle.close();
  }
}

/** Without holding it in memory. */
export const hashFile = (file: string): Promise<FileHash> =>
  hashed(file, async (handle, known) => {
    if (known !== undefined) return { sizeBytes: (await handle.stat()).size, sha256: known };
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const piece of handle.createReadStream({ autoClose: false, highWaterMark: pieceBytes })) {
      hash.update(piece);
      sizeBytes += piece.length;
    }
    return { sizeBytes, sha256: hash.digest('hex') };
  });

/** A file, and the hash of the very bytes. */
export const readHashed = (file: string): Promise<HashedFile> =>
  hashed(file, async (handle, known) => {
    const bytes = await handle.readFile();
    return { bytes, sizeBytes: bytes.byteLength, sha256: known ?? (await hashOf(bytes)) };
  });

async function hashOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
    hash.update(bytes.subarray(at, at + pieceBytes));
    await setImmediate();
  }
  return hash.digest('hex');
}

/** Of files as if they were one, as `cat` and `sha256sum` have it. */
export async function hashTogether(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files)
    for await (const piece of createReadStream(file, { highWaterMark: pieceBytes })) hash.update(piece);
  return hash.digest('hex');
}
