/** Made-up rows: the inputs of calls of one row each, on which it is tried whether the rows of a model are independent. */
import {
  byteLength,
  createTensor,
  elementCount,
  packBytes,
  type Signature,
  type Tensor,
  toHalves,
} from '@sheaf/inference';

export interface SampleKind {
  /** What every open dimension but the first has. */
  readonly innerDim: number;
  /** Integers are from 0 to below this. */
  readonly integersBelow: number;
  /** Standard deviation of floating-point numbers, whose mean is 0. */
  readonly scale: number;
  /** Whether all of it is near zero: a hundredth of the scale, integers of 0 and 1, nothing true. What looks at the largest of all rows finds another one beside it. */
  readonly quiet?: boolean;
}

export type Random = () => number;

/** Marsaglia's xorshift with 32 bits: the same numbers on every machine for one seed. In [0, 1). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Box and Muller's transform. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const rowShape = ({ shape }: { readonly shape: readonly number[] }, innerDim: number): number[] =>
  shape.map((dim, axis) => (dim !== -1 ? dim : axis === 0 ? 1 : innerDim));

/** Open dimensions other than the first get the first of these with which the model runs. */
const innerDims = [3, 8, 32, 64, 224, 1];
/** Integers may be indices into something of unknown size. */
const integerBounds = [100, 10, 2];
/** Elements that an input may have for one row. */
const elementsMax = 2 ** 22;

/** The kinds of made-up inputs that a model may run with, in the order in which they are tried; none where a row has too many elements. */
export function sampleKinds(signature: Signature): readonly SampleKind[] {
  const { inputs } = signature;
  const hasInner = inputs.some(({ shape }) => shape.indexOf(-1, 1) !== -1);
  const hasIntegers = inputs.some(({ datatype }) => /INT|BYTES/.test(datatype));
  return (hasInner ? innerDims : [1])
    .filter((innerDim) => rowElements(signature, innerDim) <= elementsMax)
    .flatMap((innerDim) =>
      (hasIntegers ? integerBounds : [1]).map((integersBelow) => ({ innerDim, integersBelow, scale: 1 })),
    );
}

/** The largest number of elements that a row of any input has. */
const rowElements = ({ inputs }: Signature, innerDim: number): number =>
  inputs.reduce((most, spec) => Math.max(most, elementCount(rowShape(spec, innerDim))), 0);

/** One of each input, made up; an open first dimension is 1. */
export function sampleRow({ inputs }: Signature, kind: SampleKind, random: Random): Tensor[] {
  return inputs.map((spec) => {
    const shape = rowShape(spec, kind.innerDim);
    const data = dataOf(spec.datatype, elementCount(shape), kind, random);
    return createTensor({ name: spec.name, datatype: spec.datatype, shape, data });
  });
}

function dataOf(datatype: Tensor['datatype'], count: number, kind: SampleKind, random: Random): Uint8Array {
  const { quiet = false } = kind;
  const scale = quiet ? kind.scale / 100 : kind.scale;
  const integersBelow = quiet ? Math.min(2, kind.integersBelow) : kind.integersBelow;
  // Loops, since Array.from takes four times as long and a row may be a picture.
  const filled = <Filled extends Float32Array | Float64Array>(floats: Filled): Filled => {
    for (let index = 0; index < count; index++) floats[index] = scale * normal(random);
    return floats;
  };
  const integers = (below: number): Int32Array => {
    const made = new Int32Array(count);
    for (let index = 0; index < count; index++) made[index] = Math.floor(random() * below);
    return made;
  };
  switch (datatype) {
    case 'BYTES':
      return packBytes(Array.from(integers(integersBelow), String));
    case 'BOOL':
      return Uint8Array.from(integers(quiet ? 1 : 2));
    case 'FP64':
      return bytesOf(filled(new Float64Array(count)));
    case 'FP32':
      return bytesOf(filled(new Float32Array(count)));
    case 'FP16':
    case 'BF16':
      return bytesOf(toHalves(datatype, filled(new Float64Array(count))));
    case 'INT64':
    case 'UINT64':
      return bytesOf(BigInt64Array.from(integers(integersBelow), BigInt));
    case 'INT32':
    case 'UINT32':
      return bytesOf(integers(integersBelow));
    case 'INT16':
    case 'UINT16':
      return bytesOf(Int16Array.from(integers(integersBelow)));
    case 'INT8':
    case 'UINT8':
      return Uint8Array.from(integers(integersBelow));
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength: length }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, length);

/** The bits of what is no number, which every sum, product or mean hands on, however small its share in them. */
const notANumber = {
  FP16: [0x00, 0x7e],
  BF16: [0xc0, 0x7f],
  FP32: [0, 0, 0xc0, 0x7f],
  FP64: [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
};

const isFloat = (datatype: string): datatype is keyof typeof notANumber => datatype in notANumber;

export const takesFloats = ({ inputs }: Signature): boolean => inputs.some(({ datatype }) => isFloat(datatype));

/** A row whose floating-point numbers are none. */
export function poisoned(row: readonly Tensor[]): Tensor[] {
  return row.map((tensor) => {
    const { datatype, shape } = tensor;
    if (!isFloat(datatype)) return tensor;
    const data = Buffer.alloc(byteLength(datatype, shape) ?? 0, Uint8Array.from(notANumber[datatype]));
    return createTensor({ ...tensor, data });
  });
}
