/** Makes header blocks that refer to nothing but the static table, so that each may be made once and sent on any connection. */
import type { Field, HeaderBlock } from '../types.ts';
import { integerText } from './integer.ts';
import { staticFieldIndex, staticNameIndex } from './static-table.ts';

/** What no proxy on the way may put into a table, where somebody else could guess it (RFC 7541, 7.1). */
const sensitiveNames: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

const indexedFlag = 0x80;
const neverIndexedFlag = 0x10;
const withoutIndexingFlag = 0x00;
const aboveBytes = /[^\0-\xff]/;

/**
 * Encodes `fields` in their order; pseudo-header fields have to come first, and names have to be in lower case. One byte goes out for each character
 * (latin1), and one that is no byte throws. Credentials and cookies are marked as never to be indexed, and so are the names in `sensitive`.
 */
export function encodeHeaders(fields: readonly Field[], sensitive: ReadonlySet<string> = sensitiveNames): HeaderBlock {
  // A character for each byte: to put texts together and write them once takes half as long as to write each.
  let block = '';
  for (const [name, value] of fields) {
    const isSensitive = sensitive.has(name) || sensitiveNames.has(name);
    const index = isSensitive ? undefined : staticFieldIndex(name, value);
    if (index !== undefined) block += integerText(index, 7, indexedFlag);
    else {
      const nameIndex = staticNameIndex(name);
      block += integerText(nameIndex, 4, isSensitive ? neverIndexedFlag : withoutIndexingFlag);
      if (nameIndex === 0) block += stringText(name);
      block += stringText(value);
    }
  }
  if (aboveBytes.test(block)) throw new RangeError('a header field: want characters up to U+00FF, got one above it');
  return { bytes: Buffer.from(block, 'latin1') };
}

/** Without a Huffman code: to write one takes more of a CPU than all else of a block, and saves a fifth of its bytes. */
const stringText = (text: string): string => integerText(text.length, 7, 0) + text;
