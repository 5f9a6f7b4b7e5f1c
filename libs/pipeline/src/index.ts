export { combinerKinds } from './combiners/index.ts';
export { toMermaid } from './diagram/mermaid.ts';
export { toSvg } from './diagram/svg.ts';
export { dryRunAnswerParameter } from './engine/answer-parameters.ts';
export { type CompiledPipeline, createPipeline, type PipelineOptions } from './engine/create-pipeline.ts';
export type { DryRun, DryRunStage, DryRunStep } from './engine/dry-run-report.ts';
export { latencyTrackerKeys } from './engine/latency-tracker-key.ts';
export { type LatencyOf, StageTimes } from './engine/stage-times.ts';
export { type AskModel, type AskPipeline, asPipeline, type Targets } from './engine/targets.ts';
export { type Binding, bindPipeline } from './language/bind-pipeline.ts';
export { signatures } from './language/declared-signatures.ts';
export { parsePipeline } from './language/parse-pipeline.ts';
export { plannedCalls } from './language/planned-calls.ts';
export { pageExample, referencePage, ruleSnippets, snippets } from './language/reference-page.ts';
export { pipelineSchema } from './language/schema.ts';
export type {
  PipelineSpec,
  Problem,
  Reference,
  StageSpec,
  Step,
} from './language/spec.ts';
export type { ModelTarget, PipelineTarget, Target } from './language/target.ts';
export {
  allSteps,
  type PipelineName,
  pipelineFinder,
  pipelineName,
  pipelinesAsked,
  requiredTargets,
  targetsOf,
} from './language/walk.ts';
export { checkPipelines, type PipelineCheck } from './types/check-pipelines.ts';
export type { CheckedPipeline, StageOutputs } from './types/checked-pipeline.ts';
export { typeCheck } from './types/type-check.ts';
