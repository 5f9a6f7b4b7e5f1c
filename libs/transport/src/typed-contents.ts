import {
  type Datatype,
  elementCount,
  elements,
  invalidField,
  packBytes,
  type Tensor,
  tensorOf,
  unpackBytes,
} from '@sheaf/inference';
import type { InferTensorContents, InferTensorContents__Output } from './generated/inference/InferTensorContents.ts';

type Field = keyof InferTensorContents__Output & string;

/** Which typed field carries a datatype; FP16 and BF16 travel raw only. */
const fields: Readonly<Partial<Record<Datatype, Field>>> = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

const allFields = [...new Set(Object.values(fields))];

const integers = {
  INT8: { array: Int8Array, min: -(2 ** 7), max: 2 ** 7 - 1 },
  INT16: { array: Int16Array, min: -(2 ** 15), max: 2 ** 15 - 1 },
  INT32: { array: Int32Array, min: -(2 ** 31), max: 2 ** 31 - 1 },
  UINT8: { array: Uint8Array, min: 0, max: 2 ** 8 - 1 },
  UINT16: { array: Uint16Array, min: 0, max: 2 ** 16 - 1 },
  UINT32: { array: Uint32Array, min: 0, max: 2 ** 32 - 1 },
} as const;

/** Reads typed contents. A field of another datatype, a wrong count or a number out of range is refused by name. */
export function fromTyped(
  contents: InferTensorContents__Output,
  meta: Pick<Tensor, 'name' | 'datatype' | 'shape'>,
  path: string,
): Tensor {
  const { name, datatype, shape } = meta;
  const want = fields[datatype];
  if (!want)
    throw invalidField(
      `${path}.contents`,
      `${datatype} has no typed field; send raw_input_contents`,
      'CONTENTS_INVALID',
    );
  const other = allFields.find((field) => field !== want && contents[field].length > 0);
  if (other)
    throw invalidField(
      `${path}.contents`,
      `want ${wireName(want)} for ${datatype}, got ${wireName(other)}`,
      'CONTENTS_INVALID',
    );
  const count = elementCount(shape);
  if (contents[want].length !== count) {
    throw invalidField(
      `${path}.contents`,
      `want ${count} elements for [${shape}], got ${contents[want].length}`,
      'BYTES_MISMATCH',
    );
  }
  if (datatype === 'BYTES') return tensorBytes(name, shape, contents.bytesContents);
  return tensorOf(name, datatype, shape, typedArray(contents, datatype, path));
}

const wireName = (field: Field): string => field.replace('Contents', '_contents');

const tensorBytes = (name: string, shape: readonly number[], values: readonly Uint8Array[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape,
  data: packBytes(values),
});

function typedArray(
  contents: InferTensorContents__Output,
  datatype: Exclude<Datatype, 'BYTES'>,
  path: string,
): ArrayBufferView {
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(contents.boolContents, Number);
    case 'INT64':
      return BigInt64Array.from(contents.int64Contents as string[], BigInt);
    case 'UINT64':
      return BigUint64Array.from(contents.uint64Contents as string[], BigInt);
    case 'FP32':
      return Float32Array.from(contents.fp32Contents, Number);
    case 'FP64':
      return Float64Array.from(contents.fp64Contents, Number);
    case 'FP16':
    case 'BF16':
      return new Uint16Array();
    default:
      return narrowed(datatype.startsWith('U') ? contents.uintContents : contents.intContents, datatype, path);
  }
}

function narrowed(values: readonly number[], datatype: keyof typeof integers, path: string): ArrayBufferView {
  const { array, min, max } = integers[datatype];
  const wrong = values.findIndex((value) => value < min || value > max);
  if (wrong !== -1)
    throw invalidField(
      `${path}.contents[${wrong}]`,
      `want ${min} to ${max} for ${datatype}, got ${values[wrong]}`,
      'OUT_OF_RANGE',
    );
  return array.from(values);
}

/** Typed contents of an output, for callers that sent typed ones; undefined for datatypes that travel raw only. */
export function toTyped(tensor: Tensor): InferTensorContents | undefined {
  const { datatype } = tensor;
  const field = fields[datatype];
  if (!field) return undefined;
  if (datatype === 'BYTES') return { bytesContents: unpackBytes(tensor.data).map((part) => Buffer.from(part)) };
  const values = Array.from(elements({ ...tensor, datatype }) as Iterable<number | bigint>);
  if (datatype === 'BOOL') return { boolContents: values.map(Boolean) };
  return { [field]: typeof values[0] === 'bigint' ? values.map(String) : values };
}
