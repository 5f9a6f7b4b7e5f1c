import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asBlobError, isCode } from './blob-failures.ts';

/** Where files lie: nothing but hashes and ids, which were checked, becomes part of a path. */
export interface Places {
  readonly blobs: string;
  /** Files that grow. */
  readonly uploads: string;
  /** What a sweep is about to remove. */
  readonly trash: string;
  /** What is not what it should be. */
  readonly quarantine: string;
  readonly blob: (sha256: string) => string;
  readonly trashed: (sha256: string) => string;
  /** What of a file one pusher has sent. */
  readonly part: (sha256: string, id: string) => string;
  /** Says by its being there that one pusher has sent all of a file, and by its length how long that is; it takes no room. */
  readonly sent: (sha256: string, id: string) => string;
}

export function placesIn(folder: string): Places {
  const blobs = join(folder, 'blobs', 'sha256');
  const trash = join(folder, 'trash');
  const uploads = join(folder, 'uploads');
  return {
    blobs,
    uploads,
    trash,
    quarantine: join(folder, 'quarantine'),
    blob: (sha256) => join(blobs, sha256.slice(0, 2), sha256),
    trashed: (sha256) => join(trash, sha256),
    part: (sha256, id) => join(uploads, `${sha256}.${id}`),
    sent: (sha256, id) => join(uploads, `${sha256}.${id}.sent`),
  };
}

/** Every hash of which there is a file, a page of a folder at a time. */
export async function* listBlobs({ blobs }: Places): AsyncIterable<readonly string[]> {
  for (const shard of await namesIn(blobs)) {
    const names = (await namesIn(join(blobs, shard))).filter((name) => /^[0-9a-f]{64}$/.test(name));
    for (let at = 0; at < names.length; at += 1_000) yield names.slice(at, at + 1_000);
  }
}

export const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(orUndefined)) ?? [];

export async function isOlder(path: string, beforeMs: number): Promise<boolean> {
  const found = await lstat(path).catch(orUndefined);
  return found !== undefined && found.mtimeMs < beforeMs;
}

/** What is not there, is no folder or is a link is as good as absent; everything else is a failure. */
export function orUndefined(error: unknown): undefined {
  if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
  throw asBlobError(error);
}
