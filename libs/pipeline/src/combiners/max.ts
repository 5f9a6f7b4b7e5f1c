import type { ComputingCombiner } from './combiner.ts';
import { createElementwise, elementwiseOutputs, ofEachElement } from './elementwise.ts';

export const max: ComputingCombiner = {
  doc: 'The largest value, element by element.',
  weighs: false,
  members: 'combined',
  outputs: elementwiseOutputs,
  create: createElementwise(ofEachElement((values) => Math.max(...values))),
};
