/** Just enough protobuf: fields by number, sub-messages opened only when somebody asks for them, and messages made of pieces of others. */
import type { Reader, Writer } from 'protobufjs/minimal.js';
import protobuf from 'protobufjs/minimal.js';

type Value = number | Uint8Array;

/** Values by field number: varints as numbers, length-delimited ones as views on the file. */
export type Message = ReadonlyMap<number, readonly Value[]>;

/** A field as it stands in a message: its number, its value, and all of its bytes, the tag among them. */
export interface Field {
  readonly number: number;
  /** Undefined for numbers. */
  readonly value: Uint8Array | undefined;
  readonly bytes: Uint8Array;
}

/** Reads one level of a message, field by field, in the order of the file. Throws on whatever is no protobuf. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const number = tag >>> 3;
    if (number === 0) throw new RangeError('a field has the number 0');
    const isNumber = (tag & 7) !== 2;
    const value = isNumber ? undefined : reader.bytes();
    if (isNumber) reader.skipType(tag & 7);
    yield { number, value, bytes: message.subarray(from, reader.pos) };
  }
}

/** Reads one level of a message, or some fields of it: lists of numbers may be long. Throws on whatever is no protobuf. */
export function walk(message: Uint8Array, only?: readonly number[]): Message {
  const fields = new Map<number, Value[]>();
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if (number === 0) throw new RangeError('a field has the number 0');
    if (only && !only.includes(number)) {
      reader.skipType(tag & 7);
      continue;
    }
    const value = readValue(reader, tag & 7);
    if (value === undefined) continue;
    const values = fields.get(number);
    if (values) values.push(value);
    else fields.set(number, [value]);
  }
  return fields;
}

function readValue(reader: Reader, wireType: number): Value | undefined {
  switch (wireType) {
    case 0:
      // A number or a Long, depending on what is installed; above 2^53 the loss is for the reader's checks to find.
      return Number(reader.int64().toString());
    case 2:
      return reader.bytes();
    default:
      // Fixed-width numbers hold nothing that we ask for; an unknown wire type throws.
      reader.skipType(wireType);
      return undefined;
  }
}

export const field = (message: Message, number: number): readonly Value[] => message.get(number) ?? [];

/** The last value wins, as protobuf wants it; 0 when there is none. */
export function intField(message: Message, number: number): number {
  const value = field(message, number).at(-1);
  return typeof value === 'number' ? value : 0;
}

export function bytesField(message: Message, number: number): Uint8Array | undefined {
  const value = field(message, number).at(-1);
  return value instanceof Uint8Array ? value : undefined;
}

/** All values of a repeated integer, packed or one by one. */
export function intsField(message: Message, number: number): number[] {
  return field(message, number).flatMap((value) => {
    if (typeof value === 'number') return [value];
    const reader = protobuf.Reader.create(value);
    const values: number[] = [];
    while (reader.pos < reader.len) values.push(Number(reader.int64().toString()));
    return values;
  });
}

const text = new TextDecoder('utf-8');

export function stringField(message: Message, number: number): string {
  return text.decode(bytesField(message, number) ?? new Uint8Array());
}

export function stringsField(message: Message, number: number): string[] {
  return field(message, number).flatMap((value) => (value instanceof Uint8Array ? [text.decode(value)] : []));
}

const views = (message: Message, number: number): Uint8Array[] =>
  field(message, number).flatMap((value) => (value instanceof Uint8Array ? [value] : []));

/** Each value of a repeated message. */
export const messagesField = (message: Message, number: number, only?: readonly number[]): Message[] =>
  views(message, number).map((view) => walk(view, only));

/** A message that may stand once; several are merged, as protobuf wants it, so that nothing hides in the second one. */
export function messageField(message: Message, number: number, only?: readonly number[]): Message | undefined {
  const found = views(message, number);
  const [first] = found;
  return first && walk(found.length === 1 ? first : joined(found), only);
}

export const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const [only] = pieces;
  return only && pieces.length === 1 ? only : Buffer.concat(pieces);
};

/** A length-delimited field made of pieces of other messages, which are not copied. */
export function nest(number: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const length = pieces.reduce((total, { byteLength }) => total + byteLength, 0);
  const head = protobuf.Writer.create()
    .uint32((number << 3) | 2)
    .uint32(length)
    .finish();
  return [head, ...pieces];
}

export type Write = (writer: Writer) => void;

export const writeMessage = (writer: Writer, number: number, write: Write): void => {
  writer.uint32((number << 3) | 2).fork();
  write(writer);
  writer.ldelim();
};
export const writeText = (writer: Writer, number: number, value: string): void =>
  void writer.uint32((number << 3) | 2).string(value);
export const writeInteger = (writer: Writer, number: number, value: number): void =>
  void writer.uint32(number << 3).int64(value);

/** The bytes of one field that is a message. */
export function encoded(number: number, write: Write): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(writer, number, write);
  return writer.finish();
}
