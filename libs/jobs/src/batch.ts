/** What a batch is: one run of a pipeline or model over one input, which makes one generation of predictions. */
import type { JobError, JobPrincipal } from './job.ts';

export const batchStates = ['running', 'succeeded', 'failed', 'cancelled'] as const;
/** A batch that failed or was cancelled can be resumed: it goes on with the chunks that are not done. */
export type BatchState = (typeof batchStates)[number];

/** The errors of rows that a batch may have before it fails (BATCH_ERRORS). */
export interface ErrorBudget {
  /** Default: no limit. */
  readonly rowsMax?: number | undefined;
  /** Of all rows of the input, from 0 to 1: it fails as soon as more than these are sure to be wrong. Default: no limit. */
  readonly ratioMax?: number | undefined;
}

export interface NewBatch {
  readonly tenant: string;
  readonly principal: JobPrincipal;
  /** The pipeline or model, and the version that was pinned. */
  readonly subject: string;
  readonly version: string;
  /** Where its predictions go: see {@link GenerationRecord}. Default: the name of the subject. */
  readonly collection?: string | undefined;
  /** What is read, and how it becomes tensors: JSON, of which nothing is known here. At most 1 MiB. */
  readonly spec: string;
  readonly errorBudget?: ErrorBudget | undefined;
  /** Of its jobs, as {@link NewJob.priority}. */
  readonly priority?: number | undefined;
  /** Of each of its jobs. Default 5. */
  readonly attemptsMax?: number | undefined;
  /** Of its tenant: a second batch with the same key and spec is the first one. */
  readonly idempotencyKey?: string | undefined;
  /** How long it, its jobs and its errors are kept after its end, in milliseconds; its generation stays where it was built to the end. Default 30 days. */
  readonly ttlMs?: number | undefined;
  readonly traceparent?: string | undefined;
}

export const batchDefaults = { priority: 0, attemptsMax: 5, ttlMs: 30 * 86_400_000 } as const;

export interface BatchRecord
  extends Omit<NewBatch, 'collection' | 'errorBudget' | 'priority' | 'attemptsMax' | 'ttlMs'> {
  /** A UUIDv7. */
  readonly id: string;
  readonly state: BatchState;
  readonly collection: string;
  /** The generation of the collection that it makes. */
  readonly generation: number;
  readonly errorBudget: ErrorBudget;
  readonly priority: number;
  readonly attemptsMax: number;
  readonly ttlMs: number;
  readonly createdAt: number;
  readonly endedAt?: number | undefined;
  readonly error?: JobError | undefined;
  readonly progress: BatchProgress;
}

export interface BatchProgress {
  /** The input was read to its end: `rows` and `chunks` are all there are. */
  readonly isCut: boolean;
  /** That were cut so far. */
  readonly rows: number;
  readonly chunks: number;
  /** That were committed. */
  readonly chunksDone: number;
  /** Rows of chunks that were committed, with those that failed. */
  readonly rowsDone: number;
  readonly rowsFailed: number;
}

/** Some rows of an input, one behind the other. */
export interface NewChunk {
  /** From 0, without a gap. */
  readonly chunk: number;
  /** The number of its first row, and how many it has: its commit has each of them once. */
  readonly firstRow: number;
  readonly rows: number;
  /** What a worker needs to read them: JSON, at most 1 MiB. The payload of the chunk's job. */
  readonly place: string;
}

export interface PredictionRow {
  /** Its number in the input. */
  readonly row: number;
  /** What it is looked up by, 1 to 1,024 bytes of UTF-8. Of rows with the same key the first one of the input counts; the others become errors (DUPLICATE_KEY). */
  readonly key: string;
  readonly outputs: Uint8Array;
  /** Of what the model was asked, so that a later batch can tell whether it has changed. At most 64 bytes. */
  readonly inputHash: Uint8Array;
}

export interface RowFailure {
  readonly row: number;
  readonly key?: string | undefined;
  readonly column?: string | undefined;
  readonly code: string;
  readonly message: string;
}

/** All that came of a chunk: each of its rows is in one of the two lists, once. */
export interface ChunkCommit {
  readonly rows: readonly PredictionRow[];
  readonly errors: readonly RowFailure[];
}

/** What a look at a finished generation has decided. */
export type FinishCommit =
  /** It becomes the current one if the pointer is where it was when one looked; refused (GENERATION_MOVED) otherwise, and the lease is still held. */
  | {
      readonly kind: 'promote';
      readonly expectedEpoch: number;
      /** JSON, at most 64 KiB. */
      readonly report: string;
      /** How many former generations stay. Default 3. */
      readonly keep?: number | undefined;
    }
  /** It is kept, and somebody has to promote it. */
  | { readonly kind: 'hold'; readonly why: string; readonly report: string };
