/** A job in somebody's hands, and what comes of it. */
import type { BatchRecord, ChunkCommit, FinishCommit } from './batch.ts';
import type { JobContent, JobError, JobRecord } from './job.ts';

/** Names a lease: whoever took the job over has another token. */
export interface LeaseId {
  readonly jobId: string;
  readonly token: string;
}

/** A job in somebody's hands. Whoever has lost it cannot commit: each commit shows the token. */
export interface Lease extends LeaseId {
  readonly job: JobRecord;
  readonly payload: JobContent;
  /** Renewed before that, nobody else takes it over. By the clock of the store. */
  readonly endsAt: number;
  /** Of a job of a batch: the batch as it was when the job was claimed, with its spec. */
  readonly batch?: BatchRecord | undefined;
}

/** What came of an attempt. All of it is committed in one transaction, or none. */
export type Outcome =
  /** Of a `cut`: all chunks were added. Of others without a commit of their own: done. */
  | { readonly kind: 'succeeded'; readonly result?: JobContent | undefined }
  | { readonly kind: 'chunk'; readonly commit: ChunkCommit }
  | { readonly kind: 'finish'; readonly commit: FinishCommit }
  /** With `retryAt` it is queued again for that time, unless that was the last attempt; without, it has failed for good. */
  | { readonly kind: 'failed'; readonly error: JobError; readonly retryAt?: number | undefined }
  | { readonly kind: 'cancelled' }
  /** Given back unbegun, as a worker does that ends: the attempt does not count. */
  | { readonly kind: 'released' };
