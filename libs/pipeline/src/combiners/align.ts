import { type Elements, elements, InferError, type Tensor, tensorOf, tensorOfNumbers } from '@sheaf/inference';
import type { TensorType } from '../types/tensor-type.ts';
import { isLabels } from './votes.ts';

type Align = (tensor: Tensor) => Tensor;

/** Brings a member's classes into the ensemble's order: its labels `[...]`, or the last dimension of its probabilities. Texts are what they say. */
export function alignLabels(own: readonly string[] | undefined, common: readonly string[] | undefined): Align {
  if (!own || !common || own.every((label, index) => label === common[index])) return (tensor) => tensor;
  const places = own.map((label) => common.indexOf(label));
  return (tensor) => {
    if (tensor.datatype === 'BYTES') return tensor;
    return isLabels(tensor.datatype) ? renumber(tensor, places) : permute(tensor, places);
  };
}

const elementsOf = (tensor: Tensor) => elements({ ...tensor, datatype: tensor.datatype as keyof Elements });

function renumber(tensor: Tensor, places: readonly number[]): Tensor {
  const labels = Array.from(elementsOf(tensor) as ArrayLike<number | bigint>, (label) => {
    const place = places[Number(label)];
    if (place === undefined) throw notAClass(tensor.name, `class ${label}`, places.length);
    return place;
  });
  return tensorOfNumbers(tensor.name, tensor.datatype as keyof Elements, tensor.shape, labels);
}

/** Why a member that answers so cannot have labels of its own. */
export function labelsMistake(
  labels: readonly string[],
  { datatype, dims }: TensorType,
  called: string,
): string | undefined {
  if (datatype === 'BYTES') return `"${called}" has texts, which name their classes themselves; leave the labels out`;
  const classes = isLabels(datatype) ? undefined : dims.at(-1)?.size;
  return classes === undefined || labels.length === classes
    ? undefined
    : `want ${classes} names, one for each class of "${called}", got ${labels.length}`;
}

/** Each element as it is: of FP16 and BF16 as a pattern of bits. */
function permute(tensor: Tensor, places: readonly number[]): Tensor {
  const width = tensor.shape.at(-1) ?? 0;
  if (width !== places.length) throw notAClass(tensor.name, `${width} classes`, places.length);
  const values = elementsOf(tensor) as Float64Array;
  const aligned = values.slice();
  for (let index = 0; index < values.length; index++)
    aligned[index - (index % width) + (places[index % width] ?? 0)] = values[index] ?? 0;
  return tensorOf(tensor.name, tensor.datatype, tensor.shape, aligned);
}

const notAClass = (name: string, got: string, classes: number): InferError =>
  new InferError('INTERNAL', `its output "${name}" has ${got}; its labels name ${classes} classes`, {
    reason: 'MEMBER_MISMATCH',
  });
