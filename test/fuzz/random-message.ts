/** Random messages of a grammar, right ones and damaged ones. */
import type { Field, Message } from './grammar.ts';
import { overlong } from './shapes.ts';
import { tag, varint, within } from './wire.ts';

/** Answers an integer from 0 to below a bound. */
export type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)] as T;

const depthMax = 6;
/** Of one field. */
const timesMax = 3;

/** Any of its fields, none to a few times each, in any order. */
export function randomMessage(message: Message, random: Random, depth = 0): Buffer {
  if (message.fields.length === 0) return Buffer.alloc(0);
  const count = random(message.fields.length * timesMax);
  return Buffer.concat(Array.from({ length: count }, () => randomField(pick(random, message.fields), random, depth)));
}

function randomField({ number, wireType, message }: Field, random: Random, depth: number): Buffer {
  if (wireType === 0) return Buffer.concat([tag(number, 0), randomVarint(random)]);
  if (wireType === 1) return Buffer.concat([tag(number, 1), randomBytes(8, random)]);
  if (wireType === 5) return Buffer.concat([tag(number, 5), randomBytes(4, random)]);
  if (message) return within(number, depth === depthMax ? Buffer.alloc(0) : randomMessage(message, random, depth + 1));
  return within(number, random(4) === 0 ? randomBytes(random(300), random) : Buffer.from(pick(random, texts)));
}

/** What names, versions, datatypes and JSON are taken for. */
const texts = [
  '',
  'pair',
  'x',
  'y',
  '1',
  'FP32',
  'BYTES',
  'INT64',
  'BOOL',
  '../etc',
  '__proto__',
  'constructor',
  'a\r\nb\0',
  '\u{1F600}',
  '{"tenant":1}',
  'triton_x',
  'grpc.health.v1.Health',
  '9223372036854775808',
] as const;

const randomBytes = (count: number, random: Random): Buffer =>
  Buffer.from(Array.from({ length: count }, () => random(256)));

function randomVarint(random: Random): Buffer {
  const kind = random(5);
  if (kind === 0) return Buffer.from([0]);
  if (kind === 1) return varint(random(2 ** 32));
  if (kind === 2) return Buffer.from([...Array<number>(9).fill(0xff), 1]);
  return kind === 3 ? overlong(random(128)) : Buffer.from([random(128)]);
}

/** Up to four faults: bytes overwritten, left out, put in, doubled, cut off. */
export function damage(whole: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(whole);
  for (let times = random(4); times >= 0 && bytes.length > 0; times--) {
    const at = random(bytes.length);
    const kind = random(5);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes = Buffer.concat([before, after.subarray(1)]);
    else if (kind === 2) bytes = Buffer.concat([before, randomBytes(1 + random(12), random), after]);
    else if (kind === 3) bytes = Buffer.concat([bytes, after]);
    else bytes = before;
  }
  return bytes;
}
