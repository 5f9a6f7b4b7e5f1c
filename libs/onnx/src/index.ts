export {
  type Attribute,
  buildModel,
  type Dim,
  type GraphSpec,
  type ModelSpec,
  type NodeSpec,
  type TensorInfo,
} from './graph-builder.ts';
export { defaultModelLimits, type ModelFacts, type ModelLimits, type Rows, readModel } from './read-model.ts';
export { sampleModels } from './sample-models.ts';
