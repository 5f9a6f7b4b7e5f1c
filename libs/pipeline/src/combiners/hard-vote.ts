import { elementCount, type TensorSpec, tensorOf } from '@sheaf/inference';
import type { Combine } from './index.ts';
import { sameShape } from './numbers.ts';
import { voteOutputs, votesOf, votesTensor } from './votes.ts';

/**
 * Each member has one vote a row: its INT64 label `[...]`, or the likeliest class of its probabilities `[..., classes]`.
 * Gives `label` INT64 `[...]` (ties go to the lower class) and `score` FP32 `[...]`, the share of the votes,
 * and `votes` INT64 `[..., members]`.
 */
export function createHardVote(): Combine {
  return (members) => {
    const { datatype, shape } = sameShape(members);
    const rows = datatype === 'INT64' ? shape : shape.slice(0, -1);
    const votes = members.map(votesOf);
    const winners = Array.from({ length: elementCount(rows) }, (_, row) =>
      winner(votes.map((labels) => labels[row] ?? 0n)),
    );
    return [
      tensorOf(
        'label',
        'INT64',
        rows,
        BigInt64Array.from(winners, ({ label }) => label),
      ),
      tensorOf(
        'score',
        'FP32',
        rows,
        Float32Array.from(winners, ({ count }) => count / members.length),
      ),
      votesTensor(rows, votes),
    ];
  };
}

function winner(labels: readonly bigint[]): { label: bigint; count: number } {
  const counts = new Map<bigint, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  let best = { label: 0n, count: 0 };
  for (const [label, count] of counts) {
    if (count > best.count || (count === best.count && label < best.label)) best = { label, count };
  }
  return best;
}

export function hardVoteOutputs({ datatype, shape }: TensorSpec, members: number): readonly TensorSpec[] | string {
  if (datatype !== 'INT64' && datatype !== 'FP32' && datatype !== 'FP64')
    return `hard-vote wants INT64 labels or FP32 or FP64 probabilities, got ${datatype}`;
  if (datatype !== 'INT64' && shape.length === 0)
    return 'hard-vote wants probabilities with the classes last, got a scalar';
  return voteOutputs(datatype === 'INT64' ? shape : shape.slice(0, -1), members);
}
