export { combinerKinds } from './combiners/index.ts';
export { createPipeline } from './execute.ts';
export { toMermaid } from './mermaid.ts';
export { parsePipeline } from './parse-pipeline.ts';
export type { PipelineSpec, Problem, Reference, StageSpec, Target } from './spec.ts';
export { toSvg } from './svg.ts';
export { typeCheck } from './type-check.ts';
