import { type Elements, tensorOfNumbers } from '@sheaf/inference';
import type { TensorType, Types } from '../types/tensor-type.ts';
import type { Combine, Vote } from './index.ts';
import { floats, floatsWanted, isFloat, weightedMean } from './numbers.ts';

type Kind = 'mean' | 'weighted-mean' | 'median' | 'max';

/** Combines element by element, in float64; keeps the members' datatype, to which it rounds once, and shape. */
export function createElementwise(kind: Kind, output: string): Combine {
  const combine = combineOf(kind);
  return (votes) => {
    const [first] = votes;
    if (!first) return [];
    const { datatype, shape } = first.tensor;
    return [tensorOfNumbers(output, datatype as keyof Elements, shape, combine(votes))];
  };
}

function combineOf(kind: Kind): (votes: readonly Vote[]) => Float64Array {
  switch (kind) {
    case 'mean':
      return (votes) => weightedMean(votes.map((vote) => ({ ...vote, weight: 1 })));
    case 'weighted-mean':
      return weightedMean;
    case 'median':
      return (votes) => each(votes, median);
    case 'max':
      return (votes) => each(votes, (values) => Math.max(...values));
  }
}

/** `combine` over what the members say of each element. It may sort what it is given. */
function each(votes: readonly Vote[], combine: (values: number[]) => number): Float64Array {
  const all = votes.map(({ tensor }) => floats(tensor));
  return Float64Array.from({ length: all[0]?.length ?? 0 }, (_, index) =>
    combine(all.map((values) => values[index] ?? 0)),
  );
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  const upper = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2;
}

export const elementwiseOutputs = (kind: Kind, output: string, member: TensorType): Types | string =>
  isFloat(member.datatype) ? new Map([[output, member]]) : `${kind} wants ${floatsWanted}, got ${member.datatype}`;
