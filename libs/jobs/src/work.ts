import type { BatchStore } from './batch-store.ts';
import type { JobStore } from './job-store.ts';
import type { PredictionStore } from './predictions.ts';

/** Jobs, batches and predictions: one database, since what a chunk has computed and that it is done are one transaction. */
export interface Work {
  readonly jobs: JobStore;
  readonly batches: BatchStore;
  readonly predictions: PredictionStore;
  close(): Promise<void>;
}
