import type { InferError, Tensor, TensorSpec } from '@sheaf/inference';
import { createHardVote, hardVoteOutputs } from './hard-vote.ts';
import { createMean, meanOutputs } from './mean.ts';
import { createSoftVote, softVoteOutputs } from './soft-vote.ts';

export const combinerKinds = ['mean', 'soft-vote', 'hard-vote'] as const;

/** How the members' answers become one. `output` is the members' output that is read. */
export interface CombinerSpec {
  readonly kind: (typeof combinerKinds)[number];
  readonly output: string;
}

/** One answer of all members' tensors, which come in a fixed order and have one shape. Throws {@link InferError} when they have not. */
export type Combine = (members: readonly Tensor[]) => readonly Tensor[];

export function createCombiner({ kind, output }: CombinerSpec): Combine {
  switch (kind) {
    case 'mean':
      return createMean(output);
    case 'soft-vote':
      return createSoftVote(output);
    case 'hard-vote':
      return createHardVote();
  }
}

/** What a combiner gives for so many members that answer `member`, or a sentence that says why it cannot. */
export function combinedOutputs(
  { kind }: CombinerSpec,
  member: TensorSpec,
  members: number,
): readonly TensorSpec[] | string {
  switch (kind) {
    case 'mean':
      return meanOutputs(member);
    case 'soft-vote':
      return softVoteOutputs(member, members);
    case 'hard-vote':
      return hardVoteOutputs(member, members);
  }
}
