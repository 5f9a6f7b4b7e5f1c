export { editModel, type SessionModel, type SessionTensor } from './edit-model.ts';
export type { ExternalFile, ExternalTensor } from './external-data.ts';
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
export { defaultModelLimits, type ModelFacts, type ModelLimits, readModel } from './read-model.ts';
export { type ChainStep, chainModel, lookupModel, rowMixing, rowWise } from './row-models.ts';
export { sampleModels } from './sample-models.ts';
export type { Dim, TensorInfo } from './tensor-info.ts';
