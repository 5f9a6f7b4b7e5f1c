export { defaultModelLimits, type ModelFacts, type ModelLimits, readModel } from './read-model.ts';
