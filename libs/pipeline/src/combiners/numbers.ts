import { elements, InferError, type Tensor } from '@sheaf/inference';

/** The first member, after a look that all have its datatype and shape. */
export function sameShape(members: readonly Tensor[]): Tensor {
  const [first, ...others] = members;
  if (!first) throw new InferError('INTERNAL', 'an ensemble without an answer cannot be combined');
  const wrong = others.find(
    ({ shape, datatype }) => datatype !== first.datatype || String(shape) !== String(first.shape),
  );
  if (wrong) {
    const got = `${first.datatype} [${first.shape}] and ${wrong.datatype} [${wrong.shape}]`;
    throw new InferError('INTERNAL', `the members' answers have different shapes: ${got}`, {
      reason: 'MEMBER_MISMATCH',
    });
  }
  return first;
}

export function floats(tensor: Tensor): Float32Array | Float64Array {
  const { datatype } = tensor;
  if (datatype === 'FP32' || datatype === 'FP64') return elements({ ...tensor, datatype });
  throw new InferError('INTERNAL', `want FP32 or FP64 from a member, got ${datatype}`, { reason: 'MEMBER_MISMATCH' });
}

/** The mean of each element over the members, in float64. Members are added in the order given, which the pipeline fixes. */
export function meanOf(members: readonly Tensor[]): Float64Array {
  const all = members.map(floats);
  // From -0, since 0 + -0 is 0: the mean of one member is that member, bit for bit.
  const mean = new Float64Array(all[0]?.length ?? 0).fill(-0);
  for (const values of all)
    for (let index = 0; index < mean.length; index++) mean[index] = (mean[index] ?? 0) + (values[index] ?? 0);
  for (let index = 0; index < mean.length; index++) mean[index] = (mean[index] ?? 0) / all.length;
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
