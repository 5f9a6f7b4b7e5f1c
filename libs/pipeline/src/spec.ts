import type { TensorSpec } from '@sheaf/inference';
import type { CombinerSpec } from './combiners/index.ts';

/** Where a tensor comes from: an input of the pipeline (no stage), or an output of a stage. */
export interface Reference {
  readonly stage: string | undefined;
  readonly name: string;
}

/** What a stage or a member asks. */
export type Target =
  | { readonly kind: 'model'; readonly name: string; readonly version?: string | undefined }
  | { readonly kind: 'transform'; readonly path: string };

interface StageBase {
  readonly name: string;
  /** Input of the stage's target -> where its tensor comes from. */
  readonly inputs: ReadonlyMap<string, Reference>;
  /** At most this long, inside the call's deadline. */
  readonly timeoutMs: number | undefined;
}

export interface TargetStage extends StageBase {
  readonly kind: 'model' | 'transform';
  readonly target: Target;
}

export interface Member {
  readonly name: string;
  readonly target: Extract<Target, { kind: 'model' }>;
}

export interface EnsembleStage extends StageBase {
  readonly kind: 'ensemble';
  /** Sorted by name, so that the order they are written in changes nothing. */
  readonly members: readonly Member[];
  readonly combine: CombinerSpec;
}

export type StageSpec = TargetStage | EnsembleStage;

export interface PipelineSpec {
  readonly pipeline: string;
  /** A positive integer. */
  readonly version: number;
  readonly inputs: readonly TensorSpec[];
  /** In the order they are written; what runs when follows from their inputs. */
  readonly stages: readonly StageSpec[];
  readonly outputs: ReadonlyMap<string, Reference>;
}

/** One mistake, at a path into the document. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What could not be found, when that is the mistake. */
  readonly target?: Target;
}

export const limits = { stagesMax: 256, membersMax: 32 } as const;
