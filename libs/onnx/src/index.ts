export { editModel, type SessionModel, type SessionTensor } from './edit-model.ts';
export type { ExternalFile, ExternalTensor } from './external-data.ts';
export { type GraphFacts, type GraphNode, type GraphWeight, readGraph } from './read-graph.ts';
export { defaultModelLimits, type ModelFacts, type ModelLimits, readModel } from './read-model.ts';
export type { Dim, TensorInfo } from './tensor-info.ts';
