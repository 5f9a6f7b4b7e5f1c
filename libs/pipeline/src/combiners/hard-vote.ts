import { elementCount, tensorOf } from '@sheaf/inference';
import type { TensorType, Types } from '../types.ts';
import type { Combine } from './index.ts';
import { isFloat } from './numbers.ts';
import { voteOutputs, votesOf, votesTensor } from './votes.ts';

/**
 * Each member has one vote a row: its INT64 label `[...]`, or the likeliest class of its probabilities `[..., classes]`.
 * Gives `label` INT64 `[...]` (ties go to the lower class), `score` FP32 `[...]`, the share of the votes by weight,
 * and `votes` INT64 `[..., members]`.
 */
export function createHardVote(members: number): Combine {
  return (votes) => {
    const [first] = votes;
    if (!first) return [];
    const { datatype, shape } = first.tensor;
    const rows = datatype === 'INT64' ? shape : shape.slice(0, -1);
    const said = votes.map(({ tensor, weight }) => ({ labels: votesOf(tensor), weight }));
    const total = said.reduce((sum, { weight }) => sum + weight, 0);
    const winners = Array.from({ length: elementCount(rows) }, (_, row) =>
      winner(said.map(({ labels, weight }) => ({ label: labels[row] ?? 0n, weight }))),
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
        Float32Array.from(winners, ({ weight }) => weight / total),
      ),
      votesTensor(rows, votes, members),
    ];
  };
}

interface Weighed {
  readonly label: bigint;
  readonly weight: number;
}

function winner(said: readonly Weighed[]): Weighed {
  const weights = new Map<bigint, number>();
  for (const { label, weight } of said) weights.set(label, (weights.get(label) ?? 0) + weight);
  let best: Weighed = { label: 0n, weight: 0 };
  for (const [label, weight] of weights) {
    if (weight > best.weight || (weight === best.weight && label < best.label)) best = { label, weight };
  }
  return best;
}

export function hardVoteOutputs({ datatype, dims, unranked }: TensorType, members: number): Types | string {
  if (datatype !== 'INT64' && !isFloat(datatype))
    return `hard-vote wants INT64 labels or FP32 or FP64 probabilities, got ${datatype}`;
  if (unranked)
    return 'hard-vote wants one label or one list of probabilities for each row, got a tensor whose model tells no shape of it';
  if (datatype !== 'INT64' && dims.length === 0)
    return 'hard-vote wants probabilities with the classes last, got a scalar';
  return voteOutputs(datatype === 'INT64' ? dims : dims.slice(0, -1), members);
}
