export { openTransform, type TransformOptions } from './open-transform.ts';
export { runtimeVersion } from './runtime-version.ts';
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
export { readablePaths } from './transform/readable-paths.ts';
export { residentBytes } from './transform/transform-host.ts';
export { permissionFlags, type TransformPlace, type TransformRights } from './transform/transform-rights.ts';
export { allowedRounding, difference } from './warm-up/row-difference.ts';
export { wrongShape } from './warm-up/row-proof.ts';
export { sampleKinds, sampleRow, seededRandom } from './warm-up/row-samples.ts';
export { type Batchability, batchabilityText } from './warm-up/warm-up.ts';
