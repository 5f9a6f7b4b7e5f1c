/** Makes small models in TypeScript, for tests and benches. */
export {
  type Attribute,
  buildModel,
  type FunctionSpec,
  type GraphSpec,
  type ModelSpec,
  type NodeSpec,
  type SequenceInfo,
  type SparseWeights,
  type Weights,
} from './graph-builder.ts';
export { type ChainStep, chainModel, lookupModel, rowMixing, rowWise } from './row-models.ts';
export { sampleModels } from './sample-models.ts';
