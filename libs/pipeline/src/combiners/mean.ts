import type { ComputingCombiner } from './combiner.ts';
import { createElementwise, elementwiseOutputs } from './elementwise.ts';
import { weightedMean } from './numbers.ts';

export const mean: ComputingCombiner = {
  doc: 'The arithmetic mean of this output, element by element.',
  weighs: false,
  members: 'combined',
  outputs: elementwiseOutputs,
  create: createElementwise((votes) => weightedMean(votes.map((vote) => ({ ...vote, weight: 1 })))),
};
