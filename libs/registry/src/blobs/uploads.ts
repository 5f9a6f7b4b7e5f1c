/** Uploads: files that grow until they are whole, and only then become blobs. What a broken connection or a killed process left is gone on with. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkSha256 } from '../names.ts';
import { invalid, quoted, refused } from '../refusals.ts';
import { asBlobError } from './blob-failures.ts';
import { namesIn, type Places } from './places.ts';
import { hashOf } from './read-file.ts';
import { syncFolder } from './sync-folder.ts';

export interface UploadRequest {
  /** Of the pusher's choice, 1 to 64 letters, digits, `_` and `-`: who goes on with an upload names it again. */
  readonly id: string;
  /** 64 hex digits. */
  readonly sha256: string;
  /** At most 64 GiB. */
  readonly sizeBytes: number;
  /** Whether all of it has to be sent although the file is there, by whoever may not know that. Default false. */
  readonly isAnew?: boolean;
}

export interface Upload {
  /** How much is there: the next write begins here. All of it when the registry has the file already. */
  readonly offset: number;
  /** Adds bytes at `offset`; the memory is the caller's again when it resolves. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Hashes what was written; it is a blob when this resolves, also after a power cut. What is not of this hash or size is refused (BLOB_MISMATCH), and removed. */
  commit(): Promise<void>;
  /** Leaves it as it is, to be gone on with. */
  close(): Promise<void>;
}

export interface Uploads {
  begin(request: UploadRequest): Promise<Upload>;
  /** Of these hashes, those that this pusher has sent all of, and no version has yet. */
  sent(id: string, sha256s: readonly string[]): Promise<readonly string[]>;
  /** They are in a version now. */
  forget(id: string, sha256s: readonly string[]): Promise<void>;
  /** Bytes that this pusher has sent and that are in no version yet. */
  sentBytes(id: string): Promise<number>;
  add(request: Omit<UploadRequest, 'id'>, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Removes those that nobody has gone on with since a time. */
  sweep(before: number): Promise<void>;
}

const blobBytesMax = 64 * 2 ** 30;
const uploadId = /^[A-Za-z0-9_-]{1,64}$/;

export function createUploads(places: Places): Uploads {
  const { uploads: folder, blob: pathOf } = places;
  const begin = async (request: UploadRequest): Promise<Upload> => {
    checkRequest(request);
    try {
      if (!request.isAnew && (await sizeOf(pathOf(request.sha256))) === request.sizeBytes)
        return nothingToSend(request);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
      return await createUpload(await open(places.part(request.sha256, request.id), flags, 0o600), places, request);
    } catch (error) {
      throw asBlobError(error);
    }
  };
  return {
    begin,
    sent: async (id, sha256s) => {
      const found: string[] = [];
      for (const sha256 of sha256s) if ((await sizeOf(places.sent(sha256, id))) !== undefined) found.push(sha256);
      return found;
    },
    forget: async (id, sha256s) => {
      for (const sha256 of sha256s) await rm(places.sent(sha256, id), { force: true });
    },
    sentBytes: async (id) => {
      let bytes = 0;
      for (const name of await namesIn(folder)) {
        const [, by] = name.split('.');
        if (by === id) bytes += (await sizeOf(join(folder, name))) ?? 0;
      }
      return bytes;
    },
    add: async (request, chunks) => {
      const id = randomBytes(12).toString('hex');
      const upload = await begin({ ...request, id });
      try {
        let { offset } = upload;
        if (offset === request.sizeBytes && offset > 0) return;
        for await (const chunk of chunks) {
          await upload.write(offset, chunk);
          offset += chunk.byteLength;
        }
        await upload.commit();
        // Nobody goes on under an id of chance.
        await rm(places.sent(request.sha256, id), { force: true });
      } finally {
        await upload.close();
      }
    },
    sweep: async (before) => {
      for (const name of await namesIn(folder)) {
        const path = join(folder, name);
        const found = await lstat(path).catch(() => undefined);
        if (found && found.mtimeMs < before) await rm(path, { force: true });
      }
    },
  };
}

async function createUpload(
  handle: FileHandle,
  places: Places,
  { id, sha256, sizeBytes }: UploadRequest,
): Promise<Upload> {
  const { size } = await handle.stat();
  // Longer than it should be it is no beginning of this file.
  const begun = size > sizeBytes ? 0 : size;
  if (size > sizeBytes) await handle.truncate(0);
  let offset = begun;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    offset: begun,
    write: async (at, bytes) => {
      if (at !== offset) throw invalid('offset', `want ${offset}, got ${at}`);
      if (at + bytes.byteLength > sizeBytes)
        throw invalid('data', `want at most ${sizeBytes} bytes in all, got ${at + bytes.byteLength}`);
      try {
        for (let done = 0; done < bytes.byteLength; ) {
          const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, at + done);
          done += bytesWritten;
          offset += bytesWritten;
        }
      } catch (error) {
        throw asBlobError(error);
      }
    },
    commit: async () => {
      try {
        if (offset !== sizeBytes) throw mismatch(sha256, `want ${sizeBytes} bytes, got ${offset}`);
        await makeBlob(handle, places.part(sha256, id), places.blob(sha256), sha256);
        await writeFile(places.sent(sha256, id), '', { mode: 0o600 });
        await truncate(places.sent(sha256, id), sizeBytes);
      } catch (error) {
        throw asBlobError(error);
      } finally {
        await close();
      }
    },
    close,
  };
}

async function makeBlob(handle: FileHandle, path: string, blob: string, sha256: string): Promise<void> {
  const found = await hashOf(handle);
  if (found !== sha256) {
    await rm(path, { force: true });
    throw mismatch(sha256, `what came has sha256 ${found}, and was removed`);
  }
  await handle.sync();
  await mkdir(dirname(blob), { recursive: true, mode: 0o700 });
  await rename(path, blob);
  await syncFolder(dirname(blob));
  await syncFolder(dirname(dirname(blob)));
}

const mismatch = (sha256: string, why: string): Error => refused('BLOB_MISMATCH', `sha256 ${sha256}: ${why}`);

/** The registry has the file. Its content is not looked at now: every read does. */
const nothingToSend = ({ sizeBytes }: UploadRequest): Upload => ({
  offset: sizeBytes,
  write: async (_, bytes) => {
    if (bytes.byteLength > 0) throw invalid('offset', `want nothing: all ${sizeBytes} bytes are there`);
  },
  commit: async () => {},
  close: async () => {},
});

function checkRequest({ id, sha256, sizeBytes }: UploadRequest): void {
  if (!uploadId.test(id)) throw invalid('upload', `want 1 to 64 letters, digits, "_" and "-", got ${quoted(id)}`);
  checkSha256(sha256);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes > blobBytesMax)
    throw invalid('sizeBytes', `want 0 to ${blobBytesMax}, got ${sizeBytes}`);
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
