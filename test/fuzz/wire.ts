/** Protobuf by hand, right or wrong. */
import type { WireType } from './grammar.ts';

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

export const tag = (field: number, wireType: number): Buffer => varint(field * 8 + wireType);

/** A field with the smallest value there is, or with a small `value`. */
export function unit(field: number, wireType: WireType, value: number): Buffer {
  if (wireType === 0) return Buffer.concat([tag(field, 0), varint(value)]);
  if (wireType === 2) return within(field, Buffer.alloc(value, 0x61));
  return Buffer.concat([tag(field, wireType), Buffer.alloc(wireType === 1 ? 8 : 4, value)]);
}

/** `bytes` as the message, string or bytes of a field. */
export const within = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([tag(field, 2), varint(bytes.length), bytes]);
