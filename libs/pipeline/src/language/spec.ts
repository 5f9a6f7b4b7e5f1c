import type { TensorSpec } from '@sheaf/inference';
import type { Expression, RuleSet } from '@sheaf/rules';
import type { CombinerSpec } from '../combiners/index.ts';

/** Where a tensor comes from: an input of the pipeline (no stage), or an output of a stage. */
export interface Reference {
  readonly stage: string | undefined;
  readonly name: string;
  /** Written with a `?`: whoever reads it can do without. */
  readonly optional: boolean;
}

/** What a step asks of others. */
export type Target = ModelTarget | PipelineTarget;

/** A model or a transform, which some service runs. */
export type ModelTarget =
  | { readonly kind: 'model'; readonly name: string; readonly version?: string | undefined }
  | { readonly kind: 'transform'; readonly path: string };

export interface PipelineTarget {
  readonly kind: 'pipeline';
  readonly name: string;
  readonly version?: string | undefined;
}

/** What every kind of step has. */
export interface StepBase {
  /** Input of what is asked -> where its tensor comes from. Undefined for a step inside another that takes that one's inputs. */
  readonly inputs: ReadonlyMap<string, Reference> | undefined;
  /** At most this long, inside the call's deadline. */
  readonly timeoutMs: number | undefined;
}

/** Asks a model, a transform or another pipeline. */
export interface TargetStep extends StepBase {
  readonly kind: 'target';
  readonly target: Target;
}

export interface Member {
  readonly name: string;
  readonly step: Step;
  /** A number of 0 or more, or an expression that gives one. */
  readonly weight: number | Expression;
  readonly optional: boolean;
  /** From then on the member is waited for only while the quorum needs it. */
  readonly softTimeoutMs: number | undefined;
  /** The combined output -> what the member calls it. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Its classes in its own order; undefined when it is the ensemble's. */
  readonly labels: readonly string[] | undefined;
}

export interface EnsembleStep extends StepBase {
  readonly kind: 'ensemble';
  /** Sorted by name, so that the order they are written in changes nothing. */
  readonly members: readonly Member[];
  readonly combine: CombinerSpec;
  /** So many members, or members of so much weight together. Undefined: all that are not optional. */
  readonly quorum: number | { readonly weight: number } | undefined;
}

export interface Branch {
  /** Undefined: else. */
  readonly when: Expression | undefined;
  readonly step: Step;
}

export interface SwitchStep extends StepBase {
  readonly kind: 'switch';
  readonly branches: readonly Branch[];
}

export interface EachStep extends StepBase {
  readonly kind: 'each';
  readonly step: Step;
  /** Inputs that are split; the others go to every part whole. */
  readonly over: readonly string[];
  readonly dimension: number;
  /** Elements in one part. */
  readonly size: number;
  /** Parts asked at once. */
  readonly concurrency: number;
}

export interface FallbackStep extends StepBase {
  readonly kind: 'fallback';
  /** Asked one after the other, until one answers. */
  readonly steps: readonly Step[];
}

export type Step = TargetStep | EnsembleStep | SwitchStep | EachStep | FallbackStep;

/** A node of the graph. */
export interface StageSpec {
  readonly name: string;
  readonly step: Step;
  /** When it fails its outputs are absent, and the answer says so. */
  readonly optional: boolean;
}

/** A value that expressions read as `context.<name>`. */
export interface ContextSpec {
  readonly name: string;
  readonly source:
    | { readonly kind: 'metadata' | 'parameter' | 'claim'; readonly key: string }
    | { readonly kind: 'principal'; readonly key: 'tenant' | 'id' };
  /** Its type is the value's type. */
  readonly default: string | number | boolean;
}

export interface PipelineSpec {
  readonly pipeline: string;
  /** A positive integer. */
  readonly version: number;
  readonly inputs: readonly TensorSpec[];
  readonly context: readonly ContextSpec[];
  /** In the order they are written; what runs when follows from what they read. */
  readonly stages: readonly StageSpec[];
  readonly outputs: ReadonlyMap<string, Reference>;
  readonly rules: RuleSet;
}

/** One mistake, at a path into the document. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What could not be found, when that is the mistake. */
  readonly target?: Target;
}

export const limits = {
  stagesMax: 256,
  membersMax: 32,
  branchesMax: 32,
  /** Steps inside steps. */
  depthMax: 8,
  /** Parts of one `each`, in one call. */
  partsMax: 1_024,
  concurrencyMax: 64,
  /** Calls to models and transforms that one request sets off, with all pipelines inside. */
  callsMax: 4_096,
  /** Of those, under way at once; the others wait. */
  callsAtOnceMax: 64,
} as const;
