import { type Elements, tensorOfNumbers } from '@sheaf/inference';
import type { TensorType, Types } from '../types/tensor-type.ts';
import type { Combine, CombinerBase, Vote } from './combiner.ts';
import { floats, floatsWanted, isFloat } from './numbers.ts';

/** Combines element by element, in float64; keeps the members' datatype, to which it rounds once, and shape. */
export const createElementwise =
  (combine: (votes: readonly Vote[]) => Float64Array) =>
  ({ output }: CombinerBase): Combine =>
  (votes) => {
    const [first] = votes;
    if (!first) return [];
    const { datatype, shape } = first.tensor;
    return [tensorOfNumbers(output, datatype as keyof Elements, shape, combine(votes))];
  };

/** `combine` over what the members say of each element. It may sort what it is given. */
export const ofEachElement =
  (combine: (values: number[]) => number) =>
  (votes: readonly Vote[]): Float64Array => {
    const all = votes.map(({ tensor }) => floats(tensor));
    return Float64Array.from({ length: all[0]?.length ?? 0 }, (_, index) =>
      combine(all.map((values) => values[index] ?? 0)),
    );
  };

export const elementwiseOutputs = ({ kind, output }: CombinerBase, member: TensorType): Types | string =>
  isFloat(member.datatype) ? new Map([[output, member]]) : `${kind} wants ${floatsWanted}, got ${member.datatype}`;
