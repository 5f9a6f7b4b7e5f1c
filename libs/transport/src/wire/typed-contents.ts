/** InferTensorContents: numbers in typed lists, to and from the bytes of a tensor. */
import {
  byteLength,
  createTensor,
  type Datatype,
  elementCount,
  elements,
  type InferError,
  type Limits,
  messageTooLarge,
  type Tensor,
  type TensorPlace,
  unpackBytes,
  wrongTensor,
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

/** Makes a refusal of the contents, or of one of their elements. */
type Refuse = (what: string, reason: string, element?: number) => InferError;

/** Reads typed contents, whose message is `contents`. A list of another datatype, a wrong count or a number out of range is refused by name. */
export function fromTyped(
  contents: Buffer,
  { name, datatype, shape }: Pick<Tensor, 'name' | 'datatype' | 'shape'>,
  where: TensorPlace,
  limits: Limits,
): Tensor {
  const list = listOf[datatype];
  const refuse: Refuse = (what, reason, element) =>
    wrongTensor(where, name, element === undefined ? 'contents' : `contents[${element}]`, what, reason);
  if (!list) throw refuse(`${datatype} has no typed field; send raw_input_contents`, 'CONTENTS_INVALID');
  const { count, bytes, other } = census(contents, list);
  if (other) throw refuse(`want ${list.name} for ${datatype}, got ${other}`, 'CONTENTS_INVALID');
  const want = elementCount(shape);
  if (count !== want) throw refuse(`want ${want} elements for [${shape}], got ${count}`, 'BYTES_MISMATCH');
  const size = byteLength(datatype, shape) ?? bytes + 4 * count;
  const { messageBytesMax: most } = limits;
  if (size > most)
    throw messageTooLarge(
      `${where.side} "${name}": the tensor takes ${size} bytes; a message may take ${most}`,
      limits,
      size,
    );
  const data = new Uint8Array(size);
  fill(new DataView(data.buffer), contents, list, datatype, refuse);
  return createTensor({ name, datatype, shape, data }, where);
}

/** How many elements a list has, their bytes if they are strings, and the name of any other list that has some. */
function census(contents: Buffer, { field: wanted, width }: List) {
  const reader = new WireReader(contents);
  let count = 0;
  let bytes = 0;
  let other: string | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== wanted) {
      if (!reader.isPacked) reader.skip();
      else if (reader.skipBytes() === 0 && field !== lists.bytes.field) continue;
      other ??= listNames.get(field);
    } else if (!reader.isPacked) {
      reader.skip();
      count++;
    } else if (field === lists.bytes.field) {
      bytes += reader.skipBytes();
      count++;
    } else if (width) {
      const packed = reader.skipBytes();
      if (packed % width !== 0) throw malformed('a list of numbers ends within one');
      count += packed / width;
    } else count += reader.countPacked();
  }
  return { count, bytes, other };
}

/** Copies what `census` has counted. */
function fill(
  view: DataView,
  contents: Buffer,
  { field: wanted, width }: List,
  datatype: Datatype,
  refuse: Refuse,
): void {
  const reader = new WireReader(contents);
  const memory = new Uint8Array(view.buffer);
  const form = integers[datatype] ?? integers.INT64;
  let offset = 0;
  let index = 0;
  /** The integer that was read last. */
  const number = (): void => {
    const wrong = datatype === 'BOOL' ? setBool(view, offset, reader) : setInteger(view, offset, form, reader);
    if (wrong !== undefined)
      throw refuse(`want ${form.min} to ${form.max} for ${datatype}, got ${wrong}`, 'OUT_OF_RANGE', index);
    offset += form.bytes;
    index++;
  };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== wanted) reader.skip();
    else if (field === lists.bytes.field) {
      const length = reader.copyTo(memory, offset + 4);
      view.setUint32(offset, length, true);
      offset += 4 + length;
    } else if (width && reader.isPacked) offset += reader.copyTo(memory, offset);
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
      reader.uint32();
      number();
    }
  }
}

/** How the integers of a datatype lie in memory, and the smallest and largest where they travel as wider ones. */
interface IntegerForm {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly min: number;
  readonly max: number;
}

const signed = (bytes: 1 | 2): IntegerForm => ({
  bytes,
  signed: true,
  min: -(2 ** (8 * bytes - 1)),
  max: 2 ** (8 * bytes - 1) - 1,
});
const unsigned = (bytes: 1 | 2): IntegerForm => ({ bytes, signed: false, min: 0, max: 2 ** (8 * bytes) - 1 });
/** Whatever number comes fits. */
const asItComes = (bytes: 4 | 8): IntegerForm => ({
  bytes,
  signed: false,
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
});

const integers: Readonly<Partial<Record<Datatype, IntegerForm>>> & { readonly INT64: IntegerForm } = {
  BOOL: unsigned(1),
  INT8: signed(1),
  INT16: signed(2),
  INT32: asItComes(4),
  INT64: asItComes(8),
  UINT8: unsigned(1),
  UINT16: unsigned(2),
  UINT32: asItComes(4),
  UINT64: asItComes(8),
};

/** Any number but 0 is true. */
function setBool(view: DataView, offset: number, { low, high }: WireReader): undefined {
  view.setUint8(offset, low !== 0 || high !== 0 ? 1 : 0);
}

/** Sets the integer that was read last; answers it, and sets nothing, when it is out of range. */
function setInteger(
  view: DataView,
  offset: number,
  { bytes, signed: hasSign, min, max }: IntegerForm,
  reader: WireReader,
): number | undefined {
  const { low, high } = reader;
  const value = hasSign ? low | 0 : low;
  if (value < min || value > max) return value;
  if (bytes === 1) view.setUint8(offset, value);
  else if (bytes === 2) view.setUint16(offset, value, true);
  else {
    view.setUint32(offset, low, true);
    if (bytes === 8) view.setUint32(offset + 4, high, true);
  }
  return undefined;
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
