import { type TensorSpec, tensorOf } from '@sheaf/inference';
import type { Combine } from './index.ts';
import { meanOf, sameShape } from './numbers.ts';

/** The arithmetic mean, element by element; keeps the members' datatype. */
export function createMean(output: string): Combine {
  return (members) => {
    const { datatype, shape } = sameShape(members);
    const mean = meanOf(members);
    return [tensorOf(output, datatype, shape, datatype === 'FP32' ? Float32Array.from(mean) : mean)];
  };
}

export function meanOutputs(member: TensorSpec): readonly TensorSpec[] | string {
  return member.datatype === 'FP32' || member.datatype === 'FP64'
    ? [member]
    : `mean wants FP32 or FP64, got ${member.datatype}`;
}
