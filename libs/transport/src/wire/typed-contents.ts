/** InferTensorContents: numbers in typed lists, to and from the bytes of a tensor. */
import {
  byteLength,
  createTensor,
  type Datatype,
  elementCount,
  elements,
  invalidField,
  type Limits,
  messageTooLarge,
  type Tensor,
  unpackBytes,
} from '@sheaf/inference';
import { malformed, WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

/** A typed list: its number and name in the message, and the bytes of an element where it is of fixed width. */
interface List {
  readonly field: number;
  readonly name: string;
  readonly width?: 4 | 8;
}

const lists = {
  bool: { field: 1, name: 'bool_contents' },
  int: { field: 2, name: 'int_contents' },
  int64: { field: 3, name: 'int64_contents' },
  uint: { field: 4, name: 'uint_contents' },
  uint64: { field: 5, name: 'uint64_contents' },
  fp32: { field: 6, name: 'fp32_contents', width: 4 },
  fp64: { field: 7, name: 'fp64_contents', width: 8 },
  bytes: { field: 8, name: 'bytes_contents' },
} as const satisfies Record<string, List>;

const listNames = new Map<number, string>(Object.values(lists).map(({ field, name }) => [field, name]));

/** Which list carries a datatype; FP16 and BF16 travel raw only. */
const listOf: Readonly<Partial<Record<Datatype, List>>> = {
  BOOL: lists.bool,
  INT8: lists.int,
  INT16: lists.int,
  INT32: lists.int,
  INT64: lists.int64,
  UINT8: lists.uint,
  UINT16: lists.uint,
  UINT32: lists.uint,
  UINT64: lists.uint64,
  FP32: lists.fp32,
  FP64: lists.fp64,
  BYTES: lists.bytes,
};

/** Reads typed contents, whose message is `contents`. A list of another datatype, a wrong count or a number out of range is refused by name. */
export function fromTyped(
  contents: Buffer,
  { name, datatype, shape }: Pick<Tensor, 'name' | 'datatype' | 'shape'>,
  path: string,
  limits: Limits,
): Tensor {
  const list = listOf[datatype];
  const refuse = (what: string, reason: string) => invalidField(`${path}.contents`, what, reason);
  if (!list) throw refuse(`${datatype} has no typed field; send raw_input_contents`, 'CONTENTS_INVALID');
  const { count, bytes, other } = census(contents, list);
  if (other) throw refuse(`want ${list.name} for ${datatype}, got ${other}`, 'CONTENTS_INVALID');
  const want = elementCount(shape);
  if (count !== want) throw refuse(`want ${want} elements for [${shape}], got ${count}`, 'BYTES_MISMATCH');
  const size = byteLength(datatype, shape) ?? bytes + 4 * count;
  const { messageBytesMax: most } = limits;
  if (size > most)
    throw messageTooLarge(`${path}: the tensor takes ${size} bytes; a message may take ${most}`, limits, size);
  const data = new Uint8Array(size);
  fill(new DataView(data.buffer), contents, list, datatype, path);
  return createTensor({ name, datatype, shape, data }, path);
}

/** How many elements a list has, their bytes if they are strings, and the name of any other list that has some. */
function census(contents: Buffer, { field: wanted, width }: List) {
  const reader = new WireReader(contents);
  let count = 0;
  let bytes = 0;
  let other: string | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== wanted) {
      if (!reader.isPacked || reader.bytes().length > 0 || field === lists.bytes.field) other ??= listNames.get(field);
      if (!reader.isPacked) reader.skip();
    } else if (!reader.isPacked) {
      reader.skip();
      count++;
    } else if (field === lists.bytes.field) {
      bytes += reader.bytes().length;
      count++;
    } else {
      const packed = reader.bytes();
      if (width && packed.length % width !== 0) throw malformed('a list of numbers ends within one');
      count += width ? packed.length / width : varintsIn(packed);
    }
  }
  return { count, bytes, other };
}

/** Each varint ends with a byte below 128. */
function varintsIn(packed: Uint8Array): number {
  let count = 0;
  for (const byte of packed) if (byte < 0x80) count++;
  return count;
}

/** Copies what `census` has counted. */
function fill(
  view: DataView,
  contents: Buffer,
  { field: wanted, width }: List,
  datatype: Datatype,
  path: string,
): void {
  const reader = new WireReader(contents);
  const memory = new Uint8Array(view.buffer);
  let offset = 0;
  let index = 0;
  const copy = (bytes: Uint8Array): void => {
    memory.set(bytes, offset);
    offset += bytes.length;
  };
  const number = (): void => {
    offset += setInteger(view, offset, datatype, reader, `${path}.contents[${index++}]`);
  };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== wanted) reader.skip();
    else if (field === lists.bytes.field) {
      const bytes = reader.bytes();
      view.setUint32(offset, bytes.length, true);
      offset += 4;
      copy(bytes);
    } else if (width && reader.isPacked) copy(reader.bytes());
    else if (width === 4) {
      view.setFloat32(offset, reader.float(), true);
      offset += 4;
    } else if (width === 8) {
      view.setFloat64(offset, reader.double(), true);
      offset += 8;
    } else if (reader.isPacked) {
      const outer = reader.enter();
      while (reader.nextPacked()) number();
      reader.leave(outer);
    } else {
      reader.uint64();
      number();
    }
  }
}

/** Smallest and largest number of each datatype that travels in a wider one. */
const ranges: Readonly<Partial<Record<Datatype, readonly [number, number]>>> = {
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
};

/** Sets the integer that was read last; answers its bytes. */
function setInteger(
  view: DataView,
  offset: number,
  datatype: Datatype,
  { low, high }: WireReader,
  path: string,
): number {
  const value = datatype.startsWith('U') ? low : low | 0;
  const [min, max] = ranges[datatype] ?? [value, value];
  if (value < min || value > max)
    throw invalidField(path, `want ${min} to ${max} for ${datatype}, got ${value}`, 'OUT_OF_RANGE');
  switch (datatype) {
    case 'BOOL':
      view.setUint8(offset, low !== 0 || high !== 0 ? 1 : 0);
      return 1;
    case 'INT8':
    case 'UINT8':
      view.setUint8(offset, value);
      return 1;
    case 'INT16':
    case 'UINT16':
      view.setUint16(offset, value, true);
      return 2;
    case 'INT32':
    case 'UINT32':
      view.setUint32(offset, low, true);
      return 4;
    default:
      view.setUint32(offset, low, true);
      view.setUint32(offset + 4, high, true);
      return 8;
  }
}

export const hasTyped = ({ datatype }: Tensor): boolean => listOf[datatype] !== undefined;

/** Writes a tensor that `hasTyped` as the message InferTensorContents in `field`. */
export function writeTyped(writer: WireWriter, field: number, tensor: Tensor): void {
  const { datatype, data } = tensor;
  const list = listOf[datatype];
  if (!list) return;
  const mark = writer.begin(field, data.byteLength);
  if (datatype === 'BYTES') for (const element of unpackBytes(data)) writer.bytes(list.field, element);
  // Little-endian and of one width, as the list is.
  else if (list.width || datatype === 'BOOL') writer.bytes(list.field, data);
  else writer.packed(list.field, elements({ ...tensor, datatype }));
  writer.end(mark);
}
