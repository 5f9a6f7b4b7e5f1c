import { elementCount, type TensorSpec, tensorOf } from '@sheaf/inference';
import type { Combine } from './index.ts';
import { argmax, meanOf, sameShape } from './numbers.ts';
import { voteOutputs, votesOf, votesTensor } from './votes.ts';

/**
 * Averages class probabilities `[..., classes]` and takes the likeliest class of each row: `label` INT64 `[...]` (ties go to the lower class),
 * `score` FP32 `[...]` (its mean probability), `votes` INT64 `[..., members]` (each member's own likeliest class), and the mean itself under the
 * members' own name.
 */
export function createSoftVote(output: string): Combine {
  return (members) => {
    const { datatype, shape } = sameShape(members);
    const rows = shape.slice(0, -1);
    const classes = shape.at(-1) ?? 0;
    const mean = meanOf(members);
    const best = Array.from({ length: elementCount(rows) }, (_, row) => argmax(mean, row * classes, classes));
    return [
      tensorOf('label', 'INT64', rows, BigInt64Array.from(best, BigInt)),
      tensorOf(
        'score',
        'FP32',
        rows,
        Float32Array.from(best, (label, row) => mean[row * classes + label] ?? 0),
      ),
      votesTensor(rows, members.map(votesOf)),
      tensorOf(output, datatype, shape, datatype === 'FP32' ? Float32Array.from(mean) : mean),
    ];
  };
}

export function softVoteOutputs(member: TensorSpec, members: number): readonly TensorSpec[] | string {
  const { name, datatype, shape } = member;
  if (datatype !== 'FP32' && datatype !== 'FP64') return `soft-vote wants FP32 or FP64 probabilities, got ${datatype}`;
  if (shape.length === 0) return 'soft-vote wants probabilities with the classes last, got a scalar';
  const own = voteOutputs(shape.slice(0, -1), members);
  if (own.some((output) => output.name === name))
    return `soft-vote makes "label", "score" and "votes"; the members' output must be called otherwise, got "${name}"`;
  return [...own, member];
}
