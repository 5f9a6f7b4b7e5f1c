import { elementCount, elements, type Tensor, tensorOf } from '@sheaf/inference';
import type { Dim, TensorType } from '../types.ts';
import type { Vote } from './index.ts';
import { argmax, floats } from './numbers.ts';

/** The class that a member votes for in each row: its INT64 label `[...]`, or the likeliest class of its probabilities `[..., classes]`. */
export function votesOf(member: Tensor): BigInt64Array {
  const { datatype, shape } = member;
  if (datatype === 'INT64') return elements({ ...member, datatype });
  const classes = shape.at(-1) ?? 0;
  const values = floats(member);
  return BigInt64Array.from({ length: elementCount(shape.slice(0, -1)) }, (_, row) =>
    BigInt(argmax(values, row * classes, classes)),
  );
}

/** `votes` INT64 `[..., members]`: what each member voted for, in the order of the members' names; -1 of one that did not answer. */
export function votesTensor(rows: readonly number[], votes: readonly Vote[], members: number): Tensor {
  const all = new BigInt64Array(elementCount(rows) * members).fill(-1n);
  for (const { index, tensor } of votes)
    for (const [row, label] of votesOf(tensor).entries()) all[row * members + index] = label;
  return tensorOf('votes', 'INT64', [...rows, members], all);
}

/** What both votes give besides their own: `label`, `score`, `votes`. */
export const voteOutputs = (rows: readonly Dim[], members: number): ReadonlyMap<string, TensorType> => {
  const maybeAbsent = false;
  return new Map<string, TensorType>([
    ['label', { datatype: 'INT64', dims: rows, maybeAbsent }],
    ['score', { datatype: 'FP32', dims: rows, maybeAbsent }],
    ['votes', { datatype: 'INT64', dims: [...rows, { size: members, name: '' }], maybeAbsent }],
  ]);
};
