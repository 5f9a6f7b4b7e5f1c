import type { Tensor } from '@sheaf/inference';
import type { TensorType, Types } from '../types/tensor-type.ts';
import { createElementwise, elementwiseOutputs } from './elementwise.ts';
import { createHardVote, hardVoteOutputs } from './hard-vote.ts';
import { createSoftVote, softVoteOutputs } from './soft-vote.ts';
import type { CombinerSpec } from './spec.ts';

export { type CombinerSpec, combinerKinds } from './spec.ts';

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

/** `members` are all, whether they answer or not. `stack` asks a model and is the executor's. */
export function createCombiner({ kind, output }: Exclude<CombinerSpec, { kind: 'stack' }>, members: number): Combine {
  switch (kind) {
    case 'mean':
    case 'weighted-mean':
    case 'median':
    case 'max':
      return createElementwise(kind, output);
    case 'soft-vote':
      return createSoftVote(output, members);
    case 'hard-vote':
      return createHardVote(members);
    case 'first':
      return ([vote]) => (vote ? [{ ...vote.tensor, name: output }] : []);
  }
}

/** What a combiner gives for so many members that answer `member`, or a sentence that says why it cannot. */
export function combinedOutputs({ kind, output }: CombinerSpec, member: TensorType, members: number): Types | string {
  switch (kind) {
    case 'mean':
    case 'weighted-mean':
    case 'median':
    case 'max':
      return elementwiseOutputs(kind, output, member);
    case 'soft-vote':
      return softVoteOutputs(output, member, members);
    case 'hard-vote':
      return hardVoteOutputs(member, members);
    case 'first':
    case 'stack':
      return new Map([[output, member]]);
  }
}
