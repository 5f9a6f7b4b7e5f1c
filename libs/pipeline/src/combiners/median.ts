import type { ComputingCombiner } from './combiner.ts';
import { createElementwise, elementwiseOutputs, ofEachElement } from './elementwise.ts';

export const median: ComputingCombiner = {
  doc: 'The median, element by element; of an even number, the mean of the middle two.',
  weighs: false,
  members: 'combined',
  outputs: elementwiseOutputs,
  create: createElementwise(ofEachElement(middle)),
};

function middle(values: number[]): number {
  values.sort((a, b) => a - b);
  const half = values.length >> 1;
  const upper = values[half] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : ((values[half - 1] ?? Number.NaN) + upper) / 2;
}
