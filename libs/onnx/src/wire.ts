/** Just enough protobuf: fields by number, sub-messages opened only when somebody asks for them. */
import type { Reader } from 'protobufjs/minimal.js';
import protobuf from 'protobufjs/minimal.js';

type Value = number | Uint8Array;

/** Values by field number: varints as numbers, length-delimited ones as views on the file. */
export type Message = ReadonlyMap<number, readonly Value[]>;

/** Reads one level of a message. Throws on whatever is no protobuf. */
export function walk(reader: Reader): Message {
  const fields = new Map<number, Value[]>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if (number === 0) throw new RangeError('a field has the number 0');
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

const text = new TextDecoder('utf-8');

export function stringField(message: Message, number: number): string {
  return text.decode(bytesField(message, number) ?? new Uint8Array());
}

export function messagesField(message: Message, number: number): Message[] {
  return field(message, number).flatMap((value) =>
    value instanceof Uint8Array ? [walk(protobuf.Reader.create(value))] : [],
  );
}
