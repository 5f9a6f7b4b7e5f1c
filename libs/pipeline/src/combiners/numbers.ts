import { type Datatype, elements, fromHalves, InferError, type Tensor } from '@sheaf/inference';
import type { Vote } from './combiner.ts';

const floatDatatypes = ['FP16', 'BF16', 'FP32', 'FP64'] as const;
export type FloatDatatype = (typeof floatDatatypes)[number];

/** As a sentence names them. */
export const floatsWanted = 'FP16, BF16, FP32 or FP64';

export const isFloat = (datatype: Datatype): datatype is FloatDatatype =>
  (floatDatatypes as readonly Datatype[]).includes(datatype);

export function floats(tensor: Tensor): Float32Array | Float64Array {
  const { datatype } = tensor;
  switch (datatype) {
    case 'FP16':
    case 'BF16':
      return fromHalves(datatype, elements({ ...tensor, datatype }));
    case 'FP32':
    case 'FP64':
      return elements({ ...tensor, datatype });
    default:
      throw new InferError('INTERNAL', `want ${floatsWanted} from a member, got ${datatype}`, {
        reason: 'MEMBER_MISMATCH',
      });
  }
}

/** sum(weight x value) / sum(weight) of each element, in float64, added in the order given, which the pipeline fixes. */
export function weightedMean(votes: readonly Vote[]): Float64Array {
  const [only] = votes;
  if (only && votes.length === 1) return Float64Array.from(floats(only.tensor));
  // Weights near the smallest number there is would vanish in the products. By a power of two nothing is rounded.
  const scale = 2 ** Math.floor(Math.log2(Math.max(...votes.map(({ weight }) => weight))));
  const all = votes.map(({ tensor, weight }) => ({ values: floats(tensor), weight: weight / scale }));
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const mean = new Float64Array(all[0]?.values.length ?? 0);
  for (const { values, weight } of all)
    for (let index = 0; index < mean.length; index++) mean[index] = (mean[index] ?? 0) + weight * (values[index] ?? 0);
  for (let index = 0; index < mean.length; index++) mean[index] = (mean[index] ?? 0) / total;
  return mean;
}

/** The index of the largest of `width` values from `from`; the lowest index of a tie. */
export function argmax(values: ArrayLike<number>, from: number, width: number): number {
  let best = 0;
  for (let index = 1; index < width; index++) {
    if ((values[from + index] ?? Number.NEGATIVE_INFINITY) > (values[from + best] ?? Number.NEGATIVE_INFINITY))
      best = index;
  }
  return best;
}
