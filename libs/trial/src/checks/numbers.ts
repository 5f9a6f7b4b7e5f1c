import { elements, fromHalves, type Tensor } from '@sheaf/inference';

const isFloating = (datatype: Tensor['datatype']): boolean => ['FP16', 'BF16', 'FP32', 'FP64'].includes(datatype);

/** The elements of a tensor as numbers; undefined for texts and truths. */
export function numbersOf(tensor: Tensor): ArrayLike<number> | undefined {
  const { datatype } = tensor;
  switch (datatype) {
    case 'BYTES':
    case 'BOOL':
      return undefined;
    case 'FP16':
    case 'BF16':
      return fromHalves(datatype, elements({ ...tensor, datatype }));
    case 'INT64':
    case 'UINT64':
      return Array.from(elements({ ...tensor, datatype }), Number);
    default:
      return elements({ ...tensor, datatype });
  }
}

/** Those of a floating-point tensor only. */
export const floatsOf = (tensor: Tensor): ArrayLike<number> | undefined =>
  isFloating(tensor.datatype) ? numbersOf(tensor) : undefined;
