/** Makes header blocks that refer to nothing but the static table, so that each may be made once and sent on any connection. */
import type { Field, HeaderBlock } from '../types.ts';
import { encodeInteger } from './integer.ts';
import { staticFieldIndex, staticNameIndex } from './static-table.ts';

/** What no proxy on the way may put into a table, where somebody else could guess it (RFC 7541, 7.1). */
const sensitiveNames: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

const indexedFlag = 0x80;
const neverIndexedFlag = 0x10;
const withoutIndexingFlag = 0x00;
const aboveBytes = /[^\0-\xff]/;
/** Of one field beside its two strings: an index and two lengths. */
const integersBytesMax = 3 * 6;

/**
 * Encodes `fields` in their order; pseudo-header fields have to come first, and names have to be in lower case. One byte goes out for each character
 * (latin1), and one that is no byte throws. Credentials and cookies are marked as never to be indexed, and so are the names in `sensitive`.
 */
export function encodeHeaders(fields: readonly Field[], sensitive: ReadonlySet<string> = sensitiveNames): HeaderBlock {
  let bytesMax = 0;
  for (const [name, value] of fields) bytesMax += name.length + value.length + integersBytesMax;
  const target = Buffer.allocUnsafe(bytesMax);
  let at = 0;
  for (const [name, value] of fields) {
    const isSensitive = sensitive.has(name) || sensitiveNames.has(name);
    const index = isSensitive ? undefined : staticFieldIndex(name, value);
    if (index !== undefined) at = encodeInteger(index, 7, indexedFlag, target, at);
    else {
      const nameIndex = staticNameIndex(name);
      at = encodeInteger(nameIndex, 4, isSensitive ? neverIndexedFlag : withoutIndexingFlag, target, at);
      if (nameIndex === 0) at = encodeString(name, target, at);
      at = encodeString(value, target, at);
    }
  }
  return { bytes: target.subarray(0, at) };
}

/** Without a Huffman code: to write one takes more of a CPU than all else of a block, and saves a fifth of its bytes. */
function encodeString(text: string, target: Buffer, at: number): number {
  if (aboveBytes.test(text)) throw new RangeError('a header field: want characters up to U+00FF, got one above it');
  const start = encodeInteger(text.length, 7, 0, target, at);
  return start + target.write(text, start, 'latin1');
}
