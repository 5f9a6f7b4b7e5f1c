export { type BatchingOptions, type QueueOptions, queueDefault } from './call-queue.ts';
export type { Shares } from './class-turns.ts';
export { describeTransform } from './describe-transform.ts';
export { type MemoryBudget, watchMemory } from './memory-watch.ts';
export type { ModelFile, ModelFiles } from './model-files.ts';
export { letsIn, passedVariables, proxyVariables, selectVariables } from './process-variables.ts';
export { type Provider, providers } from './providers.ts';
export { wrongShape } from './row-proof.ts';
export {
  type ModelOptions,
  openModel,
  openTransform,
  type ServedVersion,
  type TransformOptions,
} from './served-version.ts';
export { residentBytes } from './transform-host.ts';
export type { TransformPlace, TransformRights } from './transform-rights.ts';
export { type Batchability, batchabilityText } from './warm-up.ts';
