/** The integers of RFC 7541, 5.1: what fits the lower bits of a byte, and else those bits set and seven bits a byte. */
import { CompressionError } from './compression-error.ts';

/** Where a header block is read. */
export interface BlockCursor {
  readonly bytes: Buffer;
  at: number;
}

/** More than any integer that a header block can mean: indices and lengths are bounded by the block, and table sizes by SETTINGS, which have 32 bits. */
const integerMax = 2 ** 32 - 1;

/** Reads the integer that begins in the lower `prefixBits` of the byte at the cursor. Throws CompressionError where it is cut short, or above 2^32 - 1. */
export function decodeInteger(cursor: BlockCursor, prefixBits: number): number {
  const { bytes } = cursor;
  const first = bytes[cursor.at++];
  if (first === undefined) throw new CompressionError('a header block ends where a number begins');
  const prefixMax = (1 << prefixBits) - 1;
  let value = first & prefixMax;
  if (value < prefixMax) return value;
  for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new CompressionError('a header block ends in a number');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      if (value > integerMax) break;
      return value;
    }
  }
  throw new CompressionError('a number of a header block is too large');
}

/** `value` (0 to 2^32 - 1) after `flags`, the upper bits of the first byte: a character for each byte, of which there are at most 6. */
export function integerText(value: number, prefixBits: number, flags: number): string {
  const prefixMax = (1 << prefixBits) - 1;
  if (value < prefixMax) return String.fromCharCode(flags | value);
  let text = String.fromCharCode(flags | prefixMax);
  let rest = value - prefixMax;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) text += String.fromCharCode((rest % 128) | 0x80);
  return text + String.fromCharCode(rest);
}
