import { elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { floats } from './numbers.ts';

type Align = (tensor: Tensor) => Tensor;

/** Brings a member's classes into the ensemble's order: its labels INT64 `[...]`, or the last dimension of its probabilities. */
export function alignLabels(own: readonly string[] | undefined, common: readonly string[] | undefined): Align {
  if (!own || !common || own.every((label, index) => label === common[index])) return (tensor) => tensor;
  const places = own.map((label) => common.indexOf(label));
  return (tensor) => (tensor.datatype === 'INT64' ? renumber(tensor, places) : permute(tensor, places));
}

function renumber(tensor: Tensor, places: readonly number[]): Tensor {
  const labels = elements({ ...tensor, datatype: 'INT64' }).map((label) => {
    const place = places[Number(label)];
    if (place === undefined) throw notAClass(tensor.name, `class ${label}`, places.length);
    return BigInt(place);
  });
  return tensorOf(tensor.name, 'INT64', tensor.shape, labels);
}

function permute(tensor: Tensor, places: readonly number[]): Tensor {
  const width = tensor.shape.at(-1) ?? 0;
  if (width !== places.length) throw notAClass(tensor.name, `${width} classes`, places.length);
  const values = floats(tensor);
  const aligned = values.slice();
  for (let index = 0; index < values.length; index++)
    aligned[index - (index % width) + (places[index % width] ?? 0)] = values[index] ?? 0;
  return tensorOf(tensor.name, tensor.datatype, tensor.shape, aligned);
}

const notAClass = (name: string, got: string, classes: number): InferError =>
  new InferError('INTERNAL', `its output "${name}" has ${got}; its labels name ${classes} classes`, {
    reason: 'MEMBER_MISMATCH',
  });
