/** The files of a push as they come: one after the other, each from where a push before has left it. */
import { hash } from 'node:crypto';
import { InferError } from '@sheaf/inference';
import type { PushRequest, PushResponse } from '@sheaf/transport';
import type { Blobs } from '../../blobs/blobs.ts';
import type { Upload } from '../../blobs/uploads.ts';
import type { ManifestFile } from '../../manifest.ts';
import { invalid, quoted } from '../../refusals.ts';
import type { RegistryStore } from '../../registry-store.ts';

type Chunk = NonNullable<PushRequest['chunk']>;
type Progress = NonNullable<PushResponse['progress']>;

/** What of a push is to come, and takes it. */
export interface IncomingFiles extends AsyncDisposable {
  readonly missing: NonNullable<PushResponse['plan']>['missing'];
  readonly isWhole: boolean;
  /** Answers what is there of the file now, every so many bytes and at its end. Throws FAILED_PRECONDITION for bytes that are not those of the file. */
  take(chunk: Chunk): Promise<Progress | undefined>;
}

export interface Uploads {
  /** A pusher goes on with what it has left itself, and with nobody else's. What it may not know to be there it has to bring, as if it were not. */
  begin(files: readonly ManifestFile[], pusher: Pusher): Promise<IncomingFiles>;
  /** Bytes that a pusher has sent and that are in no version yet. */
  sentBytes(by: string): Promise<number>;
  /** A version has them now. */
  forget(files: readonly ManifestFile[], by: string): Promise<void>;
}

export interface Pusher {
  readonly by: string;
  /** Whether it may see an entry. */
  readonly sees: (name: string) => boolean;
}

/** Hashes that a store is asked about at once. */
const hashesMax = 1_000;

const progressBytes = 256 * 1024;

/** Names what one pusher has left, and tells nobody who that is. */
const idOf = (by: string): string => hash('sha256', by).slice(0, 32);

type UploadsPorts = {
  readonly store: Pick<RegistryStore, 'entriesWith'>;
  readonly blobs: Pick<Blobs, 'missing' | 'upload' | 'sent' | 'forget' | 'sentBytes'>;
};

export function createUploads({ store, blobs }: UploadsPorts): Uploads {
  /** Two pushes that write one file would each have it broken by the other. */
  const busy = new Set<string>();
  /** What a pusher has sent itself, or may see in a version: of all else it learns by no push whether it is there, and gets it by none. */
  const knownTo = async (hashes: readonly string[], id: string, { sees }: Pusher): Promise<ReadonlySet<string>> => {
    const known = new Set(await blobs.sent(id, hashes));
    for (let at = 0; at < hashes.length; at += hashesMax)
      for (const { sha256, name } of await store.entriesWith(hashes.slice(at, at + hashesMax)))
        if (sees(name)) known.add(sha256);
    return known;
  };
  return {
    sentBytes: (by) => blobs.sentBytes(idOf(by)),
    forget: (files, by) =>
      blobs.forget(
        idOf(by),
        files.map(({ sha256 }) => sha256),
      ),
    begin: async (files, pusher) => {
      const id = idOf(pusher.by);
      const distinct = [...new Map(files.map((file) => [file.sha256, file])).values()];
      const hashes = distinct.map(({ sha256 }) => sha256);
      const absent = new Set(await blobs.missing(hashes));
      const known = await knownTo(hashes, id, pusher);
      const wanted = distinct.filter(({ sha256 }) => absent.has(sha256) || !known.has(sha256));
      const open = (file: ManifestFile): Promise<Upload> => blobs.upload({ id, isAnew: true, ...file });
      const keys = wanted.map(({ sha256 }) => `${id}.${sha256}`);
      if (keys.some((key) => busy.has(key))) throw alreadyComing();
      for (const key of keys) busy.add(key);
      const release = (): void => {
        for (const key of keys) busy.delete(key);
      };
      try {
        const offsets = new Map<string, number>();
        for (const file of wanted) {
          const left = await leftOf(file, open);
          if (left !== undefined) offsets.set(file.sha256, left);
        }
        return incoming(
          wanted.filter(({ sha256 }) => offsets.has(sha256)),
          offsets,
          open,
          release,
        );
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** What is there of a file that is not whole; undefined where all of it was, and it only had not been taken. */
async function leftOf(file: ManifestFile, open: (file: ManifestFile) => Promise<Upload>): Promise<number | undefined> {
  const upload = await open(file);
  try {
    if (upload.offset < file.sizeBytes) return upload.offset;
    await upload.commit();
    return undefined;
  } finally {
    await upload.close();
  }
}

function incoming(
  files: readonly ManifestFile[],
  offsets: ReadonlyMap<string, number>,
  open: (file: ManifestFile) => Promise<Upload>,
  release: () => void,
): IncomingFiles {
  const left = new Map(files.map((file) => [file.sha256, file]));
  const missing = files.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes, offset: offsets.get(sha256) ?? 0 }));
  let current: { readonly file: ManifestFile; readonly upload: Upload; at: number; toldAt: number } | undefined;
  const leave = async (): Promise<void> => {
    const { upload } = current ?? {};
    current = undefined;
    await upload?.close();
  };
  const fileOf = async (sha256: string): Promise<NonNullable<typeof current>> => {
    const wanted = sha256 || current?.file.sha256 || '';
    if (current?.file.sha256 === wanted) return current;
    const file = left.get(wanted);
    if (!file) throw invalid('chunk.sha256', `want one of the plan that is not whole, got ${quoted(wanted)}`);
    await leave();
    const upload = await open(file);
    current = { file, upload, at: upload.offset, toldAt: upload.offset };
    return current;
  };
  return {
    missing,
    get isWhole() {
      return left.size === 0;
    },
    take: async ({ sha256, offset, data }) => {
      const coming = await fileOf(sha256);
      const { file, upload } = coming;
      if (data.length === 0) throw invalid('chunk.data', 'want at least one byte, got none');
      if (offset !== coming.at) throw elsewhere(coming.at, offset);
      await upload.write(offset, data);
      coming.at += data.length;
      const isEnd = coming.at === file.sizeBytes;
      if (isEnd) {
        await upload.commit();
        left.delete(file.sha256);
        await leave();
      } else if (coming.at - coming.toldAt < progressBytes) return undefined;
      coming.toldAt = coming.at;
      return { sha256: file.sha256, offset: coming.at };
    },
    [Symbol.asyncDispose]: async () => {
      release();
      await leave();
    },
  };
}

const alreadyComing = (): InferError =>
  InferError.withoutStack(
    'UNAVAILABLE',
    'another push of this credential brings the same file; push again when it has ended',
    {
      reason: 'PUSH_ALREADY_COMING',
      retryAfterMs: 1_000,
    },
  );

const elsewhere = (wanted: number, got: number): InferError =>
  InferError.withoutStack('FAILED_PRECONDITION', `chunk.offset: want ${wanted}, got ${got}`, {
    reason: 'OFFSET_OTHER',
  });
