/** How far two answers to one row are from each other. */
import { type Datatype, elements, fromHalves, type Tensor } from '@sheaf/inference';

/**
 * What rounding may do to a row whose run has another number of rows, as a share of the row's largest magnitude: sums are then added up in another
 * order. Everything that is not floating-point is to be equal.
 */
const roundingMax: Partial<Record<Datatype, number>> = { FP64: 1e-9, FP32: 1e-4, FP16: 1e-2, BF16: 6e-2 };

export const allowedRounding = (datatype: Datatype): number => roundingMax[datatype] ?? 0;

/** 0 for equal ones, Infinity where shapes differ or whatever is no floating-point number does; else the largest difference as a share of the largest magnitude. */
export function difference(one: Tensor, other: Tensor): number {
  if (one.datatype !== other.datatype || String(one.shape) !== String(other.shape)) return Number.POSITIVE_INFINITY;
  if (Buffer.compare(one.data, other.data) === 0) return 0;
  const [values, others] = [numbers(one), numbers(other)];
  if (!values || !others) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let apart = 0;
  for (let index = 0; index < values.length; index++) {
    const [value, another] = [values[index] as number, others[index] as number];
    if (value === another || (Number.isNaN(value) && Number.isNaN(another))) {
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
      continue;
    }
    if (!Number.isFinite(value) || !Number.isFinite(another)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(value), Math.abs(another));
    apart = Math.max(apart, Math.abs(value - another));
  }
  return largest === 0 ? 0 : apart / largest;
}

/** Undefined for what is no floating-point number. */
function numbers(tensor: Tensor): ArrayLike<number> | undefined {
  const { datatype } = tensor;
  if (datatype === 'FP32' || datatype === 'FP64') return elements({ ...tensor, datatype });
  if (datatype === 'FP16' || datatype === 'BF16') return fromHalves(datatype, elements({ ...tensor, datatype }));
  return undefined;
}
