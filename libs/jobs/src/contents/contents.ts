/** Payloads and results: small ones are kept with their jobs, large ones are files. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createBlobs } from '@sheaf/registry';
import type { BlobRef, JobContent } from '../job.ts';
import type { JobStore } from '../job-store.ts';

/** More than this is a file: a database that holds what is larger is slow to copy and never shrinks. 256 KiB. */
export const keptBytesMax = 256 * 1024;
/** No message is larger. */
const fileBytesMax = 2 ** 31;

export interface Contents {
  /** What to keep with a job; where that is a file it is on the disk when this resolves. */
  keep(bytes: Uint8Array): Promise<JobContent>;
  /** Throws FAILED_PRECONDITION (BLOB_CORRUPT) where a file is not what it was. */
  read(content: JobContent): Promise<Uint8Array>;
  /** Removes files that no job refers to, and that have been there for an hour; answers how many. */
  sweep(jobs: Pick<JobStore, 'blobsInUse'>): Promise<number>;
}

/** In `<folder>/.sheaf/jobs/files`, of the folder of a mesh. Where its machines have one database they need this folder in common too. */
export function openContents(folder: string): Contents {
  const blobs = createBlobs(join(folder, '.sheaf', 'jobs', 'files'));
  return {
    keep: async (bytes) => {
      if (bytes.byteLength <= keptBytesMax) return bytes;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      // What is there already counts as new from now on, so that no sweep takes it before its job is there.
      if ((await blobs.missing([sha256])).length > 0)
        await blobs.add({ sha256, sizeBytes: bytes.byteLength }, one(bytes));
      return { sha256, bytes: bytes.byteLength } satisfies BlobRef;
    },
    read: async (content) =>
      content instanceof Uint8Array ? content : blobs.readWhole(content.sha256, Math.min(content.bytes, fileBytesMax)),
    sweep: (jobs) => blobs.sweep({ inUse: (sha256s) => jobs.blobsInUse(sha256s) }),
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
