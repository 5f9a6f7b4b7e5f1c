export { checkPipelines, type PipelineCheck } from './check-pipelines.ts';
export { combinerKinds } from './combiners/index.ts';
export { signatures } from './declared-signatures.ts';
export { createPipeline, type PipelineOptions } from './engine/create-pipeline.ts';
export { type Plan, type PlannedStage, type PlannedStep, planAnswerParameter } from './engine/plan.ts';
export { TimeBook } from './engine/time-book.ts';
export { timeBookKeys } from './engine/time-book-key.ts';
export { toMermaid } from './mermaid.ts';
export { parsePipeline } from './parse-pipeline.ts';
export { plannedCalls } from './planned-calls.ts';
export { pageExample, referencePage, ruleSnippets, snippets } from './reference-page.ts';
export { pipelineSchema } from './schema.ts';
export type { PipelineSpec, Problem, Reference, StageSpec, Step, Target } from './spec.ts';
export { toSvg } from './svg.ts';
export { type CheckedPipeline, type StageOutputs, typeCheck } from './type-check.ts';
export {
  allSteps,
  type PipelineName,
  pipelineFinder,
  pipelineName,
  pipelinesAsked,
  requiredTargets,
  targetsOf,
} from './walk.ts';
