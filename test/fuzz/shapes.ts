/** Messages that cost more than others of their size, if anything does: one field, as often as it fits, at every place of a grammar. */
import type { Field, Message, WireType } from './grammar.ts';
import { tag, unit, within } from './wire.ts';

export interface Shape {
  /** What it is, for whoever reads a fault: the path to the field, its wire type and how it is repeated. */
  readonly name: string;
  /** A message of about so many bytes. */
  readonly make: (bytes: number) => Buffer;
}

/** How deep a message that holds itself is followed. */
const depthMax = 6;

/** Groups have not been in use for long; 6 and 7 are none. */
const everyWireType = [0, 1, 2, 5, 3, 4, 6, 7] as const;

/** What stands first in a message of a name, so that what follows is looked at: nothing unless given. */
export type Beside = Readonly<Record<string, Buffer>>;

/** Every field of `message` and of what it holds, repeated where it stands and with what it stands in. */
export const fieldShapes = (message: Message, beside: Beside): Shape[] =>
  placesIn(message, beside).flatMap(({ name, field, ...place }) => [
    ...place.path.flatMap((_, level) => [
      repeatedAt(name, place, level, smallest(field)),
      repeatedAt(`${name} = 1`, place, level, oneByte(field)),
    ]),
    ...afterLarge(name, place),
  ]);

/** The same fields in every wire type that they do not have. */
export const wrongShapes = (message: Message, beside: Beside): Shape[] =>
  placesIn(message, beside).flatMap(({ name, field, ...place }) =>
    everyWireType
      .filter((wireType) => wireType !== field.wireType)
      .map((wireType) => {
        const one = ofWireType(field, wireType);
        return repeatedAt(`${name} as wire type ${wireType}`, place, place.path.length - 1, one);
      }),
  );

const placesIn = (message: Message, beside: Beside) =>
  pathsIn(message, []).map((path) => ({
    message,
    path,
    beside,
    field: path.at(-1) as Field,
    name: path.map((step) => step.name).join('.'),
  }));

/** What is in no .proto file: fields that nobody knows, numbers longer than they need be, names that are none. */
export const strayShapes = (first: Buffer = nothing): Shape[] =>
  (
    [
      ['unknown numbers', [0xf8, 0x07, 1]],
      ['unknown empty bytes', [0xfa, 0x07, 0]],
      ['unknown doubles', [0xf9, 0x07, 0, 0, 0, 0, 0, 0, 0, 0]],
      ['unknown numbers in ten bytes', [0xf8, 0x07, ...overlong(1)]],
      ['unknown tags in five bytes', [0xf8, 0x87, 0x80, 0x80, 0x00, 1]],
      ['groups that begin', [0xfb, 0x07]],
      ['groups that begin and end', [0xfb, 0x07, 0xfc, 0x07]],
    ] as const
  ).map(([name, one]) => {
    const bytes = Buffer.from(one);
    return { name, make: (size) => Buffer.concat([first, fill(size - first.length, bytes)]) };
  });

/** A message of a size that is nothing but fields which are passed over: what others are measured by. */
export const plainMessage = (bytes: number): Buffer => fill(bytes, Buffer.from([0xf8, 0x07, 1]));

function pathsIn(message: Message, above: readonly Field[]): (readonly Field[])[] {
  if (above.length === depthMax) return [];
  return message.fields.flatMap((field) => {
    const path = [...above, field];
    return field.message ? [path, ...pathsIn(field.message, path)] : [path];
  });
}

/** Where a field stands: in `message`, by the path to it. */
interface Place {
  readonly message: Message;
  readonly path: readonly Field[];
  readonly beside: Beside;
}

const nothing = Buffer.alloc(0);

/** `held` in the message that it stands in, that in the one above and so on, from the `from`-th of the path up to the `to`-th. */
const wrap = ({ path, beside }: Place, from: number, to: number, held: Buffer): Buffer =>
  path
    .slice(to, from)
    .reduceRight(
      (inner, { number, message }) => within(number, Buffer.concat([besideIn(message, beside), inner])),
      held,
    );

const besideIn = (message: Message | undefined, beside: Beside): Buffer => beside[message?.name ?? ''] ?? nothing;

/** The field `one` with all that it stands in from `level` on; and that, as often as it fits, in what is above. */
function repeatedAt(name: string, place: Place, level: number, one: Buffer): Shape {
  const { message, path, beside } = place;
  const last = path.length - 1;
  const each = wrap(place, last, level, one);
  const around = wrap(place, level, 0, nothing).length + besideIn(message, beside).length + 8 * level;
  return {
    name: level === last ? name : `${name}, with ${path[level]?.name} each time`,
    make: (bytes) => Buffer.concat([besideIn(message, beside), wrap(place, level, 0, fill(bytes - around, each))]),
  };
}

/** One that is half of the message, and the rest of it many small ones: what is put together anew each time shows here. */
function afterLarge(name: string, place: Place): Shape[] {
  const { message, path, beside } = place;
  const field = path.at(-1) as Field;
  if (field.wireType !== 2) return [];
  return [smallest(field), oneByte(field)].map((one) => ({
    name: `${name}, a large one and many of ${one.length} bytes`,
    make: (bytes) => {
      const half = Math.floor(bytes / 2);
      const large = within(field.number, field.message ? plainMessage(half) : Buffer.alloc(half, 0x61));
      const around =
        wrap(place, path.length - 1, 0, nothing).length + besideIn(message, beside).length + 8 * path.length;
      const held = Buffer.concat([large, fill(bytes - large.length - around, one)]);
      return Buffer.concat([besideIn(message, beside), wrap(place, path.length - 1, 0, held)]);
    },
  }));
}

const smallest = ({ number, wireType }: Field): Buffer => unit(number, wireType, 0);

const oneByte = ({ number, wireType, message }: Field): Buffer => {
  if (wireType !== 2)
    return Buffer.concat([
      tag(number, wireType),
      wireType === 0 ? overlong(1) : Buffer.alloc(wireType === 1 ? 8 : 4, 1),
    ]);
  const [first] = message?.fields ?? [];
  return within(number, first ? unit(first.number, first.wireType, 1) : Buffer.from('a'));
};

function ofWireType({ number }: Field, wireType: WireType | 3 | 4 | 6 | 7): Buffer {
  return wireType === 0 || wireType === 1 || wireType === 2 || wireType === 5
    ? unit(number, wireType, 0)
    : tag(number, wireType);
}

/** A number in ten bytes, most of which say nothing. */
export const overlong = (value: number): Buffer =>
  Buffer.from([value | 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]);

/** `one` as often as it fits, at least once. */
function fill(bytes: number, one: Buffer): Buffer {
  return Buffer.alloc(Math.max(1, Math.floor(bytes / one.length)) * one.length, one);
}
