import type { Fields } from '@sheaf/document';
import type { Tensor } from '@sheaf/inference';
import type { ModelTarget } from '../language/target.ts';
import type { TensorType, Types } from '../types/tensor-type.ts';

/** One member's tensor, in the ensemble's order of classes. */
export interface Vote {
  /** Its place among all members in the order of their names, whether they answered or not. */
  readonly index: number;
  readonly tensor: Tensor;
  /** More than 0. */
  readonly weight: number;
}

/**
 * One answer of the members' tensors: at least one, in the order of the members' names, all of one datatype and shape.
 * Of a single member it is that member, bit for bit.
 */
export type Combine = (votes: readonly Vote[]) => readonly Tensor[];

/** What a document says of any combiner. */
export interface CombinerBase {
  readonly kind: string;
  /** What is read of each member. */
  readonly output: string;
  /** Names of the classes, in the order of the combined answer. */
  readonly labels: readonly string[] | undefined;
}

interface Kind {
  /** One sentence for editors and the reference page. */
  readonly doc: string;
  /** Keys beside its own. */
  readonly fields?: Fields;
  /** For the reference page: a stage that uses it. */
  readonly example?: string;
  /** Whether it reads the members' weights. */
  readonly weighs: boolean;
}

/** Computes its answer from those of the members. */
export interface ComputingCombiner extends Kind {
  /** `combined`: all answers count, so they have to be alike. `first`: the first good one is the answer, and nobody waits for the others. */
  readonly members: 'combined' | 'first';
  /** What it gives for so many members that answer `member`, or a sentence that says why it cannot. */
  outputs(spec: CombinerBase, member: TensorType, members: number): Types | string;
  /** `members` are all, whether they answer or not. */
  create(spec: CombinerBase, members: number): Combine;
}

/** Asks a model, which reads the answers of all members side by side, so that none may be missing. */
export interface StackingCombiner extends Kind {
  readonly members: 'joined';
  /** The model that is asked, and which of its inputs reads them; undefined: the only one. */
  meta(spec: CombinerBase): { readonly target: ModelTarget; readonly input: string | undefined };
}

export type Combiner = ComputingCombiner | StackingCombiner;
