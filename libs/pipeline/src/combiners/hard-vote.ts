import { elementCount, tensorOf } from '@sheaf/inference';
import type { TensorType, Types } from '../types/tensor-type.ts';
import type { Combine, ComputingCombiner } from './combiner.ts';
import { floatsWanted, isFloat } from './numbers.ts';
import { isLabels, type Label, labelDatatype, labelTensor, voteOutputs, votesOf, votesTensor } from './votes.ts';

export const hardVote: ComputingCombiner = {
  doc: 'Each member has one vote a row, by weight: its label, an integer or a text, or the likeliest class of its probabilities. Gives label, score and votes.',
  weighs: true,
  members: 'combined',
  outputs: (_, member, members) => hardVoteOutputs(member, members),
  create: (_, members) => createHardVote(members),
};

/**
 * Each member has one vote a row: its label `[...]`, an integer or a text, or the likeliest class of its probabilities `[..., classes]`.
 * Gives `label` `[...]`, as the members have it, of probabilities INT64 (ties go to the lower class, or the text whose bytes come first), `score`
 * FP32 `[...]`, the share of the votes by weight, and `votes` `[..., members]`.
 */
function createHardVote(members: number): Combine {
  return (votes) => {
    const [first] = votes;
    if (!first) return [];
    const { datatype, shape } = first.tensor;
    const rows = isLabels(datatype) ? shape : shape.slice(0, -1);
    const said = votes.map(({ tensor, weight }) => ({ labels: votesOf(tensor), weight }));
    const total = said.reduce((sum, { weight }) => sum + weight, 0);
    const winners = Array.from({ length: elementCount(rows) }, (_, row) =>
      winner(said.map(({ labels, weight }) => ({ label: labels[row] as Label, weight }))),
    );
    const labels = winners.map(({ label }) => label);
    const scores = Float32Array.from(winners, ({ weight }) => weight / total);
    return [
      labelTensor('label', labelDatatype(datatype), rows, labels),
      tensorOf('score', 'FP32', rows, scores),
      votesTensor(rows, votes, members),
    ];
  };
}

interface Weighed {
  readonly label: Label;
  readonly weight: number;
}

/** Of at least one vote, each of a weight above 0. */
function winner(said: readonly Weighed[]): Weighed {
  const weights = new Map<Label, number>();
  for (const { label, weight } of said) weights.set(label, (weights.get(label) ?? 0) + weight);
  let best: Weighed = { label: 0n, weight: 0 };
  for (const [label, weight] of weights) {
    if (weight > best.weight || (weight === best.weight && label < best.label)) best = { label, weight };
  }
  return best;
}

function hardVoteOutputs({ datatype, dims, unranked }: TensorType, members: number): Types | string {
  if (!isLabels(datatype) && !isFloat(datatype))
    return `hard-vote wants labels, texts (BYTES) or integers that INT64 holds, or ${floatsWanted} probabilities, got ${datatype}`;
  if (unranked)
    return 'hard-vote wants one label or one list of probabilities for each row, got a tensor whose model tells no shape of it';
  if (!isLabels(datatype) && dims.length === 0)
    return 'hard-vote wants probabilities with the classes last, got a scalar';
  return voteOutputs(datatype, isLabels(datatype) ? dims : dims.slice(0, -1), members);
}
