export { checkPipelines, type PipelineCheck } from './check-pipelines.ts';
export { combinerKinds } from './combiners/index.ts';
export { parseSignatures } from './declared-signatures.ts';
export { createPipeline, type PipelineOptions } from './engine/create-pipeline.ts';
export { type DryRun, type DryRunStage, type DryRunStep, dryRunAnswerParameter } from './engine/dry-run.ts';
export { LatencyTracker } from './engine/latency-tracker.ts';
export { latencyTrackerKeys } from './engine/latency-tracker-key.ts';
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
