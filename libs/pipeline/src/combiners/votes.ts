import {
  type Datatype,
  type Elements,
  elementCount,
  elements,
  packBytes,
  type Tensor,
  tensorOf,
  tensorOfNumbers,
  unpackBytes,
} from '@sheaf/inference';
import type { Dim, TensorType } from '../types/tensor-type.ts';
import type { Vote } from './combiner.ts';
import { argmax, floats } from './numbers.ts';

/** What a member says of a row: the index of a class, or a text, as one character for each of its bytes: both have an order. */
export type Label = bigint | string;

/** Those whose values all have a place in INT64, in which `votes` tells who said what. */
const integerLabels: readonly Datatype[] = ['BOOL', 'INT8', 'INT16', 'INT32', 'INT64', 'UINT8', 'UINT16', 'UINT32'];

/** Of a tensor whose elements are labels themselves; any other holds probabilities, with the classes last. */
export const isLabels = (datatype: Datatype): boolean => datatype === 'BYTES' || integerLabels.includes(datatype);

/** What the labels are that a vote over tensors of `datatype` gives. */
export const labelDatatype = (datatype: Datatype): Datatype => (isLabels(datatype) ? datatype : 'INT64');

/** What a member votes for in each row: its label `[...]`, or the likeliest class of its probabilities `[..., classes]`. */
export function votesOf(member: Tensor): readonly Label[] {
  const { datatype, shape } = member;
  if (datatype === 'BYTES') return unpackBytes(member.data).map((bytes) => Buffer.from(bytes).toString('latin1'));
  if (isLabels(datatype)) return Array.from(elements({ ...member, datatype }) as ArrayLike<number | bigint>, BigInt);
  const classes = shape.at(-1) ?? 0;
  const values = floats(member);
  return Array.from({ length: elementCount(shape.slice(0, -1)) }, (_, row) =>
    BigInt(argmax(values, row * classes, classes)),
  );
}

export function labelTensor(
  name: string,
  datatype: Datatype,
  shape: readonly number[],
  labels: readonly Label[],
): Tensor {
  if (datatype !== 'BYTES')
    return tensorOfNumbers(name, datatype as keyof Elements, shape, labels as readonly bigint[]);
  const texts = labels.map((label) => Buffer.from(label as string, 'latin1'));
  return tensorOf(name, datatype, shape, packBytes(texts));
}

/** What stands in `votes` for a member that did not answer. */
const silent = { BYTES: '', INT64: -1n } as const;
const votesDatatype = (datatype: Datatype): keyof typeof silent => (datatype === 'BYTES' ? 'BYTES' : 'INT64');

/** `votes` INT64, or BYTES of texts, `[..., members]`: what each member voted for, in the order of the members' names. */
export function votesTensor(rows: readonly number[], votes: readonly Vote[], members: number): Tensor {
  const datatype = votesDatatype(votes[0]?.tensor.datatype ?? 'INT64');
  const all = new Array<Label>(elementCount(rows) * members).fill(silent[datatype]);
  for (const { index, tensor } of votes)
    for (const [row, label] of votesOf(tensor).entries()) all[row * members + index] = label;
  return labelTensor('votes', datatype, [...rows, members], all);
}

/** What both votes over tensors of `datatype` give besides their own: `label`, `score`, `votes`. */
export const voteOutputs = (
  datatype: Datatype,
  rows: readonly Dim[],
  members: number,
): ReadonlyMap<string, TensorType> => {
  const maybeAbsent = false;
  return new Map<string, TensorType>([
    ['label', { datatype: labelDatatype(datatype), dims: rows, maybeAbsent }],
    ['score', { datatype: 'FP32', dims: rows, maybeAbsent }],
    ['votes', { datatype: votesDatatype(datatype), dims: [...rows, { size: members, name: '' }], maybeAbsent }],
  ]);
};
