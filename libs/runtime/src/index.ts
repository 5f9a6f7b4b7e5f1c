export { openTransform, type TransformOptions } from './open-transform.ts';
export { type BatchingOptions, type QueueOptions, queueDefault } from './scheduler/call-queue.ts';
export type { Shares } from './scheduler/class-turns.ts';
export type { EndedRun, Standing } from './scheduler/scheduler-options.ts';
export {
  type ModelOptions,
  openModel,
  type ServedVersion,
} from './served-version.ts';
export { type MemoryBudget, watchMemory } from './session/memory-watch.ts';
export type { ModelFile, ModelFiles } from './session/model-files.ts';
export { type Provider, providers } from './session/providers.ts';
export { describeTransform } from './transform/describe-transform.ts';
export { letsIn, passedVariables, proxyVariables, selectVariables } from './transform/process-variables.ts';
export { residentBytes } from './transform/transform-host.ts';
export type { TransformPlace, TransformRights } from './transform/transform-rights.ts';
export { wrongShape } from './warm-up/row-proof.ts';
export { type Batchability, batchabilityText } from './warm-up/warm-up.ts';
