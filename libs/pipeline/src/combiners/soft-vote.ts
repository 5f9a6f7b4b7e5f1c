import { type Elements, elementCount, tensorOf, tensorOfNumbers } from '@sheaf/inference';
import type { TensorType, Types } from '../types/tensor-type.ts';
import type { Combine, ComputingCombiner } from './combiner.ts';
import { argmax, floatsWanted, isFloat, weightedMean } from './numbers.ts';
import { voteOutputs, votesTensor } from './votes.ts';

export const softVote: ComputingCombiner = {
  doc: 'Averages class probabilities by weight. Gives label, score, votes, and the average itself under its own name.',
  weighs: true,
  members: 'combined',
  outputs: ({ output }, member, members) => softVoteOutputs(output, member, members),
  create: ({ output }, members) => createSoftVote(output, members),
};

/**
 * Averages class probabilities `[..., classes]` by weight and takes the likeliest class of each row: `label` INT64 `[...]` (ties go to the lower
 * class), `score` FP32 `[...]` (its mean probability), `votes` INT64 `[..., members]` (each member's own likeliest class), and the mean itself under
 * the members' own name.
 */
function createSoftVote(output: string, members: number): Combine {
  return (votes) => {
    const [first] = votes;
    if (!first) return [];
    const { datatype, shape } = first.tensor;
    const rows = shape.slice(0, -1);
    const classes = shape.at(-1) ?? 0;
    const mean = weightedMean(votes);
    const best = Array.from({ length: elementCount(rows) }, (_, row) => argmax(mean, row * classes, classes));
    return [
      tensorOf('label', 'INT64', rows, BigInt64Array.from(best, BigInt)),
      tensorOf(
        'score',
        'FP32',
        rows,
        Float32Array.from(best, (label, row) => mean[row * classes + label] ?? 0),
      ),
      votesTensor(rows, votes, members),
      tensorOfNumbers(output, datatype as keyof Elements, shape, mean),
    ];
  };
}

function softVoteOutputs(name: string, member: TensorType, members: number): Types | string {
  const { datatype, dims, unranked } = member;
  if (!isFloat(datatype)) return `soft-vote wants ${floatsWanted} probabilities, got ${datatype}`;
  if (unranked)
    return 'soft-vote wants probabilities with the classes last, got a tensor whose model tells no shape of it';
  if (dims.length === 0) return 'soft-vote wants probabilities with the classes last, got a scalar';
  const own = voteOutputs(datatype, dims.slice(0, -1), members);
  if (own.has(name))
    return `soft-vote makes "label", "score" and "votes"; the members' output must be called otherwise, got "${name}"`;
  return new Map([...own, [name, member]]);
}
