import type { Path } from '@sheaf/document';
import type { TensorSpec } from '@sheaf/inference';
import type { RuleSet } from '@sheaf/rules';
import type { Target } from './target.ts';

/** Where a tensor comes from: an input of the pipeline (no stage), or an output of a stage. */
export interface Reference {
  readonly stage: string | undefined;
  readonly name: string;
  /** Written with a `?`: whoever reads it can do without. */
  readonly optional: boolean;
}

/** What every kind of step has. */
export interface StepBase {
  /** Input of what is asked -> where its tensor comes from. Undefined for a step inside another that takes that one's inputs. */
  readonly inputs: ReadonlyMap<string, Reference> | undefined;
  /** At most this long, inside the call's deadline. */
  readonly timeoutMs: number | undefined;
}

/**
 * The kinds of step, by the key that a document writes: the step as it is read, and as the type check leaves it. Each file of `stages/` adds its own by
 * declaration merging, since a step may hold steps of every kind.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the files of `stages/` fill it.
export interface StepKinds {}

export type StepKind = keyof StepKinds;
export type Step = StepKinds[StepKind]['step'];
export type CheckedStep = StepKinds[StepKind]['checked'];

/** A step with its place in the document. */
export interface PlacedStep {
  readonly step: Step;
  readonly path: Path;
}

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
