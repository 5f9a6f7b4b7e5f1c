export {
  type BatchProgress,
  type BatchRecord,
  type BatchState,
  batchDefaults,
  batchStates,
  type ChunkCommit,
  type ErrorBudget,
  type FinishCommit,
  type NewBatch,
  type NewChunk,
  type PredictionRow,
  type RowFailure,
} from './batch.ts';
export type { BatchFilter, BatchStore } from './batch-store.ts';
export { type Contents, keptBytesMax, openContents } from './contents/contents.ts';
export {
  type BlobRef,
  contentBytesMax,
  isEnd,
  type JobContent,
  type JobError,
  type JobKind,
  type JobPrincipal,
  type JobProgress,
  type JobRecord,
  type JobState,
  jobDefaults,
  jobKinds,
  jobStates,
  type NewJob,
} from './job.ts';
export type {
  ClaimRequest,
  JobChange,
  JobCount,
  JobCounts,
  JobFilter,
  JobStore,
  Page,
  Renewal,
  RenewRequest,
  SubmitLimits,
  Submitted,
  SweepReport,
} from './job-store.ts';
export type { Lease, LeaseId, Outcome } from './lease.ts';
export { openWork, type WorkOptions } from './open-work.ts';
export {
  type CurrentGeneration,
  type GenerationId,
  type GenerationRecord,
  type GenerationState,
  generationStates,
  type LookUp,
  type PredictionStore,
  type Promotion,
  type StoredPrediction,
} from './predictions.ts';
export { type CallbackRules, isAllowedHost } from './service/callback-url.ts';
export { createLaterServices } from './service/later-services.ts';
export type { LaterPorts, OpenedWork, OperatorChange } from './service/ports.ts';
export type { PredictionPorts } from './service/predictions.ts';
export { createQueue, type Pinned, type SubmitPorts, type SubmitRules } from './service/submit.ts';
export type { Work } from './work.ts';
