import { elements, fromHalves, type Tensor } from '@sheaf/inference';

/** The first elements of a tensor of numbers, as numbers; none of texts. */
export function numbersOf(tensor: Tensor, most: number): ArrayLike<number> {
  const { datatype } = tensor;
  switch (datatype) {
    case 'FP16':
    case 'BF16':
      return fromHalves(datatype, elements({ ...tensor, datatype }).subarray(0, most));
    case 'INT64':
    case 'UINT64':
      return Array.from(elements({ ...tensor, datatype }).subarray(0, most), Number);
    case 'BYTES':
      return [];
    default:
      return elements({ ...tensor, datatype }).subarray(0, most);
  }
}
