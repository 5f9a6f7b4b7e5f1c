import { byteLength, type Datatype, elementCount } from './datatype.ts';
import { type InferError, invalidField, invalidTensor } from './error.ts';
import { toHalves } from './half.ts';

/** A dense tensor: little-endian, row-major, without padding. `data` may be a view on a received message. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** Every dimension 0 or more; `[]` is a scalar. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Which tensor of a message it is. */
export interface TensorPlace {
  readonly side: 'input' | 'output';
  readonly index: number;
}

/** What is wrong with a tensor, or with a `part` of it, such as `shape[0]`; '' is all of it. A tensor of a message is called by its name, where it has one. */
export function wrongTensor(
  where: string | TensorPlace,
  name: string,
  part: string,
  what: string,
  reason: string,
): InferError {
  const place = typeof where === 'string' ? where : `${where.side}s[${where.index}]`;
  const field = part === '' ? place : `${place}.${part}`;
  if (typeof where === 'string' || name === '') return invalidField(field, what, reason);
  const called = `${where.side} "${name}"`;
  return invalidTensor(field, part === '' ? `${called}: ${what}` : `${called}: ${part}: ${what}`, reason);
}

/**
 * The only way to make a Tensor, so every Tensor that exists has as many bytes as its shape says.
 * `where` says in the error which it is: its place in a message, or in words.
 */
export function createTensor(tensor: Tensor, where: string | TensorPlace = `tensor ${tensor.name}`): Tensor {
  const { name, datatype, shape, data } = tensor;
  const wrong = (part: string, what: string, reason: string): InferError =>
    wrongTensor(where, name, part, what, reason);
  const wrongDim = shape.findIndex((dim) => !Number.isSafeInteger(dim) || dim < 0);
  if (wrongDim !== -1) throw wrong(`shape[${wrongDim}]`, `want 0 or more, got ${shape[wrongDim]}`, 'SHAPE_INVALID');
  const count = elementCount(shape);
  const wantBytes = byteLength(datatype, shape);
  if (!Number.isSafeInteger(count) || (wantBytes !== undefined && !Number.isSafeInteger(wantBytes))) {
    throw wrong('shape', `[${shape}] holds more elements than can be counted`, 'SHAPE_INVALID');
  }
  if (wantBytes === undefined) {
    const why = wrongBytesElements(data, count);
    if (why !== undefined) throw wrong('', why, 'BYTES_MISMATCH');
  } else if (data.byteLength !== wantBytes)
    throw wrong('', `want ${wantBytes} bytes for ${datatype} [${shape}], got ${data.byteLength}`, 'BYTES_MISMATCH');
  if (datatype === 'BOOL') {
    const at = wrongBool(data);
    if (at !== -1) throw wrong('', `BOOL element ${at}: want 0 or 1, got ${data[at]}`, 'OUT_OF_RANGE');
  }
  return tensor;
}

/** Where there is a byte other than 0 and 1, of which it is undefined what a runtime makes; -1 where there is none. A loop: `findIndex` takes ten times as long. */
function wrongBool(data: Uint8Array): number {
  for (let index = 0; index < data.length; index++) if ((data[index] as number) > 1) return index;
  return -1;
}

/** Why BYTES data is not exactly `count` elements, each a uint32 length and as many bytes; undefined when it is. */
function wrongBytesElements(data: Uint8Array, count: number): string | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let offset = 0;
  for (let index = 0; index < count; index++) {
    if (offset + 4 > data.byteLength) return `want ${count} BYTES elements, got ${index}`;
    const length = view.getUint32(offset, true);
    offset += 4 + length;
    if (offset > data.byteLength) return `BYTES element ${index} claims ${length} bytes, more than are left`;
  }
  return offset === data.byteLength
    ? undefined
    : `${data.byteLength - offset} bytes are left after ${count} BYTES elements`;
}

const textEncoder = new TextEncoder();

/** Packs BYTES elements as the protocol wants them: uint32 little-endian length, then the bytes. */
export function packBytes(elements: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = elements.map((element) => (typeof element === 'string' ? textEncoder.encode(element) : element));
  const packed = new Uint8Array(parts.reduce((total, part) => total + 4 + part.byteLength, 0));
  const view = new DataView(packed.buffer);
  let offset = 0;
  for (const part of parts) {
    view.setUint32(offset, part.byteLength, true);
    packed.set(part, offset + 4);
    offset += 4 + part.byteLength;
  }
  return packed;
}

/** The elements of BYTES data that `createTensor` has checked, as views. */
export function unpackBytes(data: Uint8Array): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Uint8Array[] = [];
  for (let offset = 0; offset < data.byteLength; ) {
    const length = view.getUint32(offset, true);
    elements.push(data.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return elements;
}

/** The typed array that holds the elements of each datatype. */
export type Elements = Readonly<{
  BOOL: Uint8Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  FP16: Uint16Array;
  BF16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
}>;

const arrays = {
  BOOL: Uint8Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  // Bit patterns: not every Node that we run on has Float16Array, none has a bfloat16 one.
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

/** The elements of a tensor as a typed array: a view where the memory is aligned, else a copy. FP16 and BF16 come as bit patterns. */
export function elements<D extends keyof Elements>(tensor: Tensor & { readonly datatype: D }): Elements[D] {
  const TypedArray = arrays[tensor.datatype];
  const { data } = tensor;
  // Not data.slice(): gRPC hands us Buffers, and Buffer's slice is a view of the same memory.
  const aligned = data.byteOffset % TypedArray.BYTES_PER_ELEMENT === 0 ? data : new Uint8Array(data);
  const count = aligned.byteLength / TypedArray.BYTES_PER_ELEMENT;
  return new TypedArray(aligned.buffer as ArrayBuffer, aligned.byteOffset, count) as unknown as Elements[D];
}

/** A tensor over the memory of a typed array; nothing is copied. */
export function tensorOf(name: string, datatype: Datatype, shape: readonly number[], values: ArrayBufferView): Tensor {
  const data = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return createTensor({ name, datatype, shape, data });
}

/** A tensor of numbers, each as its datatype has it: floats are rounded to the nearest, integers have to be in range. */
export function tensorOfNumbers(
  name: string,
  datatype: keyof Elements,
  shape: readonly number[],
  values: ArrayLike<number> | ArrayLike<bigint>,
): Tensor {
  return tensorOf(name, datatype, shape, numbersAs(datatype, values));
}

function numbersAs(datatype: keyof Elements, values: ArrayLike<number | bigint>): ArrayBufferView {
  switch (datatype) {
    case 'FP16':
    case 'BF16':
      return toHalves(datatype, values as ArrayLike<number>);
    case 'INT64':
    case 'UINT64':
      return arrays[datatype].from(Array.from(values, BigInt));
    default:
      return arrays[datatype].from(Array.from(values, Number));
  }
}

/** How many rows a request has: the most that any of its inputs has, whatever their order; at least 1. */
export const rowCount = (inputs: readonly Pick<Tensor, 'shape'>[]): number =>
  inputs.reduce((most, { shape }) => Math.max(most, shape[0] ?? 1), 1);
