import { elements, InferError, type Tensor } from '@sheaf/inference';
import { type Given, shownDims, type TensorType } from '../types/tensor-type.ts';

/** Throws when a tensor is not what the signature says for these inputs. */
export type CheckAnswer = (tensor: Tensor, inputs: readonly Tensor[]) => void;

/** Holds a member's answer against its declared type: sizes that are written down, and those that are the same as an input's. */
export function createAnswerCheck(declared: TensorType, given: Given): CheckAnswer {
  const { datatype, dims, unranked } = declared;
  const wanted = dims.map((dim) => dim.size ?? placeOf(dim, given));
  return (tensor, inputs) => {
    const sizes = wanted.map((want) => (typeof want === 'object' ? sizeAt(want, inputs) : want));
    const fits =
      tensor.datatype === datatype &&
      (unranked ||
        (tensor.shape.length === sizes.length &&
          tensor.shape.every((size, axis) => sizes[axis] === undefined || sizes[axis] === size)));
    if (fits) return;
    const shown = shownDims(dims.map((dim, axis) => ({ ...dim, size: sizes[axis] })));
    throw new InferError(
      'INTERNAL',
      `its output "${tensor.name}" is ${tensor.datatype} [${tensor.shape.join(', ')}]; want ${datatype} ${shown}`,
      { reason: 'MEMBER_MISMATCH' },
    );
  };
}

interface Place {
  readonly input: string;
  readonly axis: number;
}

/** The input that has this very dimension. */
function placeOf(dim: TensorType['dims'][number], given: Given): Place | undefined {
  for (const [input, type] of given) {
    const axis = type?.dims.indexOf(dim) ?? -1;
    if (axis !== -1) return { input, axis };
  }
  return undefined;
}

const sizeAt = ({ input, axis }: Place, inputs: readonly Tensor[]): number | undefined =>
  inputs.find(({ name }) => name === input)?.shape[axis];

/** Throws for a tensor that has a NaN. */
export function checkNumbers(tensor: Tensor, what: string, reason: string): void {
  if (hasNaN(tensor)) throw new InferError('INTERNAL', `${what} "${tensor.name}" has a NaN`, { reason });
}

/** Bit patterns beyond infinity, whatever the sign. */
const isNaN16 = { FP16: (bits: number) => (bits & 0x7fff) > 0x7c00, BF16: (bits: number) => (bits & 0x7fff) > 0x7f80 };

function hasNaN(tensor: Tensor): boolean {
  const { datatype } = tensor;
  switch (datatype) {
    case 'FP32':
    case 'FP64':
      return isAny(elements({ ...tensor, datatype }), Number.isNaN);
    case 'FP16':
    case 'BF16':
      return isAny(elements({ ...tensor, datatype }), isNaN16[datatype]);
    default:
      return false;
  }
}

function isAny(values: ArrayLike<number>, test: (value: number) => boolean): boolean {
  for (let index = 0; index < values.length; index++) if (test(values[index] as number)) return true;
  return false;
}
