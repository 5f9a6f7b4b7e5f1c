import type { Signature, TensorSpec } from '@sheaf/inference';
import type { AfterRules, BeforeRules, Evaluate, Expression, Wanted } from '@sheaf/rules';
import type { CheckedStep, PipelineSpec } from '../language/spec.ts';

/** By stage. */
export type StageOutputs = ReadonlyMap<string, readonly TensorSpec[]>;

/** A pipeline without a mistake, and what was found out about it: all that a call needs and that can be done once. */
export interface CheckedPipeline {
  readonly spec: PipelineSpec;
  readonly signature: Signature;
  /** By stage. */
  readonly steps: ReadonlyMap<string, CheckedStep>;
  /** What each stage gives. */
  readonly stageOutputs: StageOutputs;
  readonly evaluators: ReadonlyMap<Expression, Evaluate<Wanted>>;
  readonly before: BeforeRules;
  /** Of each pipeline that rules hand calls to, the inputs that it knows. */
  readonly reroutes: ReadonlyMap<string, readonly string[]>;
  readonly after: AfterRules;
  /** Outputs that the after-rules read, whether a caller wants them or not. */
  readonly readByRules: readonly string[];
}
