/** Writes the Huffman code of RFC 7541, appendix B, as peers do. */
import { codeLengths, codes } from '../hpack/huffman.ts';

/** The bytes that `text` takes as a Huffman code; NaN where a character of it is no byte. */
export function huffmanLength(text: string): number {
  let bits = 0;
  let all = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    all |= code;
    bits += codeLengths[code & 0xff] ?? 0;
  }
  return all > 0xff ? Number.NaN : (bits + 7) >>> 3;
}

/** Writes `text` as a Huffman code to `target`, from `at` on; returns where it ends. There have to be `huffmanLength(text)` bytes. */
export function encodeHuffman(text: string, target: Buffer, at: number): number {
  // At most 7 bits wait for the next code, which has at most 28: more than fits the 32 bits of a shift, so long codes go in two parts.
  let waiting = 0;
  let bits = 0;
  let to = at;
  const put = (code: number, length: number): void => {
    waiting = (waiting << length) | code;
    bits += length;
    while (bits >= 8) {
      bits -= 8;
      target[to++] = waiting >>> bits;
      waiting &= (1 << bits) - 1;
    }
  };
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    const length = codeLengths[symbol] ?? 0;
    const code = codes[symbol] ?? 0;
    if (length > 16) {
      put(code >>> 16, length - 16);
      put(code & 0xffff, 16);
    } else put(code, length);
  }
  if (bits > 0) target[to++] = (waiting << (8 - bits)) | ((1 << (8 - bits)) - 1);
  return to;
}
