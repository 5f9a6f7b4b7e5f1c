/** Whether the rows of a request are the first dimension of its tensors, and which shape each row has. */
import { elementCount, type Signature, type TensorSpec } from '@sheaf/inference';
import type { InputColumn } from '../rows/row.ts';
import type { Mapping, TensorMapping } from './mapping.ts';

/** Whether the first dimension of this input can count rows: it is open, and what a row brings fills the others. */
function canStack(
  { shape, unranked }: TensorSpec,
  { columns, from }: TensorMapping,
  types: ReadonlyMap<string, string>,
): boolean {
  if (unranked || shape[0] !== -1) return false;
  const inner = shape.slice(1);
  // Of [height, width, channels] the first dimension is open too.
  if (from === 'file') return shape.length === 1 || shape.length === 4;
  if (columns.length > 1) return inner.length > 0;
  const isList = types.get(columns[0] ?? '')?.startsWith('list') ?? false;
  return isList
    ? inner.length > 0
    : inner.length === 0 || inner.includes(-1) || elementCount(inner) === 1 || types.get(columns[0] ?? '') === 'text';
}

export function isStacked(
  { rows, tensors, outputs }: Mapping,
  signature: Signature,
  columns: readonly InputColumn[],
): boolean {
  if (rows !== undefined) return rows === 'together';
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const kept = signature.outputs.filter(({ name }) => outputs.length === 0 || outputs.includes(name));
  return (
    tensors.every((tensor) => {
      const spec = signature.inputs.find(({ name }) => name === tensor.tensor);
      return spec !== undefined && canStack(spec, tensor, types);
    }) && kept.every(({ shape, unranked }) => unranked || shape[0] === -1)
  );
}

/** The shape of one row's part of an input. Where a row is asked by itself, an open first dimension before others is one row of it; of an image it is its height. */
export function rowShape({ shape }: TensorSpec, { from }: TensorMapping, stacked: boolean): readonly number[] {
  if (stacked) return shape.slice(1);
  const isRow = from === 'values' && shape[0] === -1 && shape.length > 1;
  return isRow ? [1, ...shape.slice(1)] : shape;
}
