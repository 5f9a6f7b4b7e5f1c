/** Tensors as JSON: nested lists in, flat lists out, as in the Open Inference Protocol over HTTP. */
import {
  type Datatype,
  elementCount,
  elements,
  fromHalves,
  invalidField,
  packBytes,
  type Tensor,
  type TensorSpec,
  tensorOfNumbers,
  unpackBytes,
} from '@sheaf/inference';

/** Of a tensor whose rank only the lists tell. */
const depthMax = 16;

/** Reads nested lists, one level per dimension of `spec`, or one flat list for an input of known shape. */
export function parseJsonTensor(value: unknown, spec: TensorSpec): Tensor {
  const { name, datatype } = spec;
  const shape = spec.unranked ? openShapeOf(value) : spec.shape;
  const dims: number[] = [];
  const flat: unknown[] = [];
  const walk = (item: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      flat.push(parseElement(item, datatype, path));
      return;
    }
    if (!Array.isArray(item))
      throw invalidField(
        path,
        `want a list, ${shape.length - depth} deep, for ${datatype} [${shape}], got ${show(item)}`,
      );
    dims[depth] ??= item.length;
    if (item.length !== dims[depth]) throw invalidField(path, `want ${dims[depth]} elements, got ${item.length}`);
    for (const [index, part] of item.entries()) walk(part, depth + 1, `${path}[${index}]`);
  };
  walk(value, 0, name);
  // A list without elements ends the walk early; what lies deeper has the declared size, or none.
  const full = shape.map((dim, axis) => dims[axis] ?? Math.max(dim, 0));
  return fromElements(name, datatype, full, flat);
}

/** As many open dimensions as lists stand in lists. */
function openShapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner) && shape.length < depthMax; [inner] = inner) shape.push(-1);
  return shape;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

const specials: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function parseElement(value: unknown, datatype: Datatype, path: string): unknown {
  const wrong = (want: string): Error => invalidField(path, `want ${want}, got ${show(value)}`);
  switch (datatype) {
    case 'BYTES':
      if (typeof value !== 'string') throw wrong('a string');
      return value;
    case 'BOOL':
      if (typeof value !== 'boolean') throw wrong('true or false');
      return Number(value);
    case 'FP16':
    case 'BF16':
    case 'FP32':
    case 'FP64': {
      if (typeof value === 'string' && specials[value] !== undefined) return specials[value];
      if (typeof value !== 'number') throw wrong('a number');
      if (Math.abs(value) >= tooLarge[datatype])
        throw invalidField(path, `want a number that ${datatype} has, ${range[datatype]}, got ${value}`);
      return value;
    }
    default:
      return parseInteger(value, datatype, wrong);
  }
}

/** The largest that there are, as people write them. */
const range = {
  FP16: '-65504 to 65504',
  BF16: '-3.39e38 to 3.39e38',
  FP32: '-3.40e38 to 3.40e38',
  FP64: '-1.80e308 to 1.80e308',
} as const;

/** What is as large as this is rounded to an infinity. */
const tooLarge = {
  FP16: 65_520,
  BF16: 2 ** 128 - 2 ** 119,
  FP32: 2 ** 128 - 2 ** 103,
  FP64: Number.POSITIVE_INFINITY,
} as const;

function parseInteger(value: unknown, datatype: IntegerDatatype, wrong: (want: string) => Error): number | bigint {
  const text = typeof value === 'number' && !Number.isSafeInteger(value) ? '' : String(value);
  if (!/^-?[0-9]{1,20}$/.test(text) || typeof value === 'object')
    throw wrong('an integer (as a string when it is beyond 2^53)');
  const integer = BigInt(text);
  const bits = BigInt(datatype.replace(/\D/g, ''));
  const [least, most] = datatype.startsWith('U')
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  if (integer < least || integer > most) throw wrong(`${least} to ${most}`);
  return bits === 64n ? integer : Number(integer);
}

type IntegerDatatype = Extract<Datatype, `INT${string}` | `UINT${string}`>;

function fromElements(name: string, datatype: Datatype, shape: readonly number[], flat: readonly unknown[]): Tensor {
  if (datatype === 'BYTES') return { name, datatype, shape, data: packBytes(flat as string[]) };
  return tensorOfNumbers(name, datatype, shape, flat as number[] | bigint[]);
}

/** The elements as JSON has them: 64-bit integers beyond 2^53, NaN and infinities as strings, BYTES as text, or as base64 where it is none. */
export function jsonElements(tensor: Tensor): (number | string | boolean)[] {
  const { datatype } = tensor;
  if (datatype === 'BYTES') return unpackBytes(tensor.data).map(textOrBase64);
  const values: Iterable<number | bigint> =
    datatype === 'FP16' || datatype === 'BF16'
      ? fromHalves(datatype, elements({ ...tensor, datatype }))
      : elements({ ...tensor, datatype });
  return Array.from(values, (value) => {
    if (datatype === 'BOOL') return value !== 0;
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    return Number.isFinite(value) ? value : String(value);
  });
}

function textOrBase64(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('base64');
  }
}

/** A tensor as the protocol writes it over HTTP. */
export const toJson = (tensor: Tensor) => ({
  name: tensor.name,
  datatype: tensor.datatype,
  shape: tensor.shape,
  data: elementCount(tensor.shape) === 0 ? [] : jsonElements(tensor),
});
