/** Brings a version to a registry, wherever that is; what is there already is not sent. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { InferError } from '@sheaf/inference';
import type { ManifestMessage, PushRequest, RegistryCalls, VersionMessage } from '@sheaf/transport';
import type { EntryKind, ManifestFile } from '../manifest.ts';

/** A file of the version, and where it lies. */
export interface PushedFile extends ManifestFile {
  /** Absolute, or from the working folder; or the bytes themselves. */
  readonly source: string | Uint8Array;
}

export interface PushedVersion {
  readonly kind: EntryKind;
  readonly name: string;
  readonly files: readonly PushedFile[];
  /** What else the manifest says. */
  readonly said: Partial<Omit<ManifestMessage, 'files'>>;
  /** The bundle of a signature of its files. Default: none. */
  readonly signature?: string | undefined;
}

/** `doneBytes` of all that is to come, which is known once the registry has said what it has. */
export type OnPushProgress = (doneBytes: number, totalBytes: number) => void;

export interface Pushed {
  readonly version: VersionMessage;
  /** False: the registry had this content under this name. */
  readonly created: boolean;
}

/** Of one message: each has up to 700 bytes, and a message 128 KiB. */
const filesOfMessage = 150;
const chunkBytes = 96 * 1024;
/** Bytes on the way that the registry has not told of. */
const windowBytes = 2 ** 20;

/** Throws InferError. To call it again after that goes on where it was. */
export async function pushVersion(
  { push }: Pick<RegistryCalls, 'push'>,
  { kind, name, files, said, signature = '' }: PushedVersion,
  onProgress: OnPushProgress = () => {},
): Promise<Pushed> {
  const { send, responses } = push();
  const listed = files.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 }));
  send({ begin: { kind, name, manifest: { ...said, files: [] }, fileCount: files.length, signature } });
  for (let at = 0; at < listed.length; at += filesOfMessage)
    send({ files: { files: listed.slice(at, at + filesOfMessage) } });
  let sender: Sender | undefined;
  for await (const { plan, progress, done } of responses) {
    if (plan) {
      sender = createSender(plan.missing, files, send, onProgress);
      await sender.fill();
    }
    if (progress) {
      sender?.arrived(progress);
      await sender?.fill();
    }
    if (done?.version) return { version: done.version, created: done.created };
  }
  throw new InferError('INTERNAL', 'the registry ended the push without a version');
}

interface Missing {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly offset: number;
}

interface Sender {
  /** Sends as much as may be on the way. */
  fill(): Promise<void>;
  arrived(progress: { readonly sha256: string; readonly offset: number }): void;
}

function createSender(
  missing: readonly Missing[],
  files: readonly PushedFile[],
  send: (request: { readonly chunk: NonNullable<PushRequest['chunk']> }) => void,
  onProgress: OnPushProgress,
): Sender {
  const chunks = chunksOf(missing, new Map(files.map(({ sha256, source }) => [sha256, source])));
  const offsets = new Map(missing.map(({ sha256, offset }) => [sha256, offset]));
  const totalBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = missing.reduce((sum, { offset }) => sum + offset, 0);
  let sentBytes = doneBytes;
  onProgress(doneBytes, totalBytes);
  return {
    fill: async () => {
      while (sentBytes - doneBytes < windowBytes) {
        const { value: chunk, done } = await chunks.next();
        if (done) return;
        sentBytes += chunk.data.length;
        send({ chunk });
      }
    },
    arrived: ({ sha256, offset }) => {
      doneBytes += offset - (offsets.get(sha256) ?? offset);
      offsets.set(sha256, offset);
      onProgress(doneBytes, totalBytes);
    },
  };
}

async function* chunksOf(
  missing: readonly Missing[],
  sources: ReadonlyMap<string, string | Uint8Array>,
): AsyncGenerator<NonNullable<PushRequest['chunk']>, void, undefined> {
  for (const { sha256, sizeBytes, offset } of missing) {
    const source = sources.get(sha256);
    if (source === undefined) throw new InferError('INTERNAL', 'the registry asked for a file that was not brought');
    await using reader = await openSource(source);
    for (let at = offset; at < sizeBytes; at += chunkBytes)
      yield { sha256, offset: at, data: await reader.read(at, Math.min(chunkBytes, sizeBytes - at)) };
  }
}

interface SourceReader extends AsyncDisposable {
  read(at: number, length: number): Promise<Buffer>;
}

async function openSource(source: string | Uint8Array): Promise<SourceReader> {
  if (typeof source !== 'string')
    return {
      read: async (at, length) => Buffer.from(source.subarray(at, at + length)),
      [Symbol.asyncDispose]: async () => {},
    };
  const handle = await open(source);
  return {
    read: async (at, length) => {
      const data = Buffer.alloc(length);
      const { bytesRead } = await handle.read(data, 0, length, at);
      if (bytesRead < length) throw changed(source);
      return data;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

const changed = (file: string): InferError =>
  new InferError('FAILED_PRECONDITION', `${file} changed while it was pushed; push again`, { reason: 'FILE_CHANGED' });

/** What a file is by its content, without holding it in memory. */
export async function hashedFile(path: string, file: string): Promise<PushedFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await using handle = await open(file);
  for await (const piece of handle.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { path, source: file, sizeBytes, sha256: hash.digest('hex') };
}
