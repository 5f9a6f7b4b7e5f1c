import { elementCount, elements, type Tensor, type TensorSpec, tensorOf } from '@sheaf/inference';
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

/** `votes` INT64 `[..., members]`: what each member voted for, in the order of the members. */
export function votesTensor(rows: readonly number[], votes: readonly BigInt64Array[]): Tensor {
  const count = elementCount(rows);
  const all = Array.from({ length: count }, (_, row) => votes.map((labels) => labels[row] ?? 0n)).flat();
  return tensorOf('votes', 'INT64', [...rows, votes.length], BigInt64Array.from(all));
}

/** What both votes give besides their own: `label`, `score`, `votes`. */
export const voteOutputs = (rows: readonly number[], members: number): readonly TensorSpec[] => [
  { name: 'label', datatype: 'INT64', shape: rows },
  { name: 'score', datatype: 'FP32', shape: rows },
  { name: 'votes', datatype: 'INT64', shape: [...rows, members] },
];
