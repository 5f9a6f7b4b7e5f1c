import type { ComputingCombiner } from './combiner.ts';
import { createElementwise, elementwiseOutputs } from './elementwise.ts';
import { weightedMean as meanOf } from './numbers.ts';

export const weightedMean: ComputingCombiner = {
  doc: "The mean by the members' weights.",
  weighs: true,
  members: 'combined',
  outputs: elementwiseOutputs,
  create: createElementwise(meanOf),
};
