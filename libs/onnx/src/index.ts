export {
  type Attribute,
  buildModel,
  type Dim,
  type GraphSpec,
  type ModelSpec,
  type NodeSpec,
  type TensorInfo,
} from './graph-builder.ts';
export { defaultModelLimits, type ModelFacts, type ModelLimits, readModel } from './read-model.ts';
export { type ChainStep, chainModel, lookupModel, rowMixing, rowWise } from './row-models.ts';
export { sampleModels } from './sample-models.ts';
