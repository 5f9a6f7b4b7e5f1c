/** The port of batches. */
import type { BatchRecord, BatchState, ErrorBudget, NewBatch, NewChunk, RowFailure } from './batch.ts';
import type { Page } from './job-store.ts';
import type { LeaseId } from './lease.ts';

export interface BatchFilter {
  readonly tenant?: string | undefined;
  readonly states?: readonly BatchState[] | undefined;
  readonly subject?: string | undefined;
  readonly collection?: string | undefined;
}

export interface BatchStore {
  /** Adds the batch, the generation it makes, and the job that cuts its input, in one transaction. */
  create(batch: NewBatch): Promise<{ readonly record: BatchRecord; readonly added: boolean }>;
  get(id: string): Promise<BatchRecord | undefined>;
  list(filter: BatchFilter, page?: Page): Promise<readonly BatchRecord[]>;
  /**
   * Adds chunks as jobs, for the holder of the `cut` job; at most 1,000. False: the lease was lost. Chunks that are there already are left as they are, so a cut that is
   * done once more does no harm; `lastChunk` tells where one may go on.
   */
  addChunks(lease: LeaseId, chunks: readonly NewChunk[]): Promise<boolean>;
  /** The last chunk that was added, as its job's payload says it. */
  lastChunk(id: string): Promise<NewChunk | undefined>;
  /** Its jobs that wait are cancelled, and those that run are told. Of an end nothing is changed. */
  cancel(id: string): Promise<BatchRecord | undefined>;
  /** Goes on with a batch that failed or was cancelled (BATCH_STATE otherwise): its jobs that did not succeed wait again, with all attempts. */
  resume(id: string, changes?: { readonly errorBudget?: ErrorBudget | undefined }): Promise<BatchRecord | undefined>;
  /** Rows that have no prediction, by their number. `after`: a row. At most 1,000. */
  errors(id: string, page?: { readonly after?: number; readonly limit?: number }): Promise<readonly RowFailure[]>;
  /** Forgets an end (BATCH_STATE otherwise) with its jobs and errors. Its generation stays, but for one that it had not built to the end. */
  remove(id: string): Promise<boolean>;
}
