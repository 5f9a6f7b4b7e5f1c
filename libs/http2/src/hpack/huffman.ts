/** The Huffman code of RFC 7541, appendix B. Peers write it; we do not, see encoder.ts. */
import { CompressionError } from './compression-error.ts';

/** The bits of the code of each byte, 0 to 255, and of EOS. The code is canonical, so its lengths say all of it. */
// biome-ignore format: a table reads as one.
export const codeLengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const endOfString = 256;

/** The code of each byte and of EOS, in the lowest of its bits. */
export const codes = new Uint32Array(codeLengths.length);
const symbolsByCode = codeLengths
  .map((_, symbol) => symbol)
  .sort((a, b) => (codeLengths[a] ?? 0) - (codeLengths[b] ?? 0) || a - b);
let nextCode = 0;
let bitsSoFar = 0;
for (const symbol of symbolsByCode) {
  const bits = codeLengths[symbol] ?? 0;
  nextCode *= 2 ** (bits - bitsSoFar);
  bitsSoFar = bits;
  codes[symbol] = nextCode++;
}

// The tree of the code: two children a node, as the number of a node, or as -1 minus a symbol. Node 0 is the root.
const children: number[] = [0, 0];
for (const [symbol, bits] of codeLengths.entries()) {
  let node = 0;
  for (let bit = bits - 1; bit >= 0; bit--) {
    const at = node * 2 + (((codes[symbol] ?? 0) >>> bit) & 1);
    if (bit === 0) children[at] = -1 - symbol;
    else {
      if (children[at] === 0) {
        children[at] = children.length / 2;
        children.push(0, 0);
      }
      node = children[at] ?? 0;
    }
  }
}

const hasSymbol = 0x100;
const isWrong = 0x200;
const stateShift = 10;
/**
 * What four bits do at a node: the node after them (from bit 10 on), whether a byte is complete (0x100) and which (the lowest eight bits), or that they
 * complete EOS, which may not be sent (0x200). No code has fewer than five bits, so there is one byte at most.
 */
const steps = new Uint32Array((children.length / 2) * 16);
for (let start = 0; start < children.length / 2; start++) {
  for (let nibble = 0; nibble < 16; nibble++) {
    let node = start;
    let step = 0;
    for (let bit = 3; bit >= 0; bit--) {
      const child = children[node * 2 + ((nibble >>> bit) & 1)] ?? 0;
      node = Math.max(child, 0);
      if (child < 0) step |= child === -1 - endOfString ? isWrong : hasSymbol | (-1 - child);
    }
    steps[start * 16 + nibble] = step | (node << stateShift);
  }
}

/** The nodes at which a string may end: the padding is shorter than a byte, and the first bits of EOS, which are ones. */
const mayEnd = new Uint8Array(children.length / 2);
for (let node = 0, bits = 0; bits < 8; bits++) {
  mayEnd[node] = 1;
  node = children[node * 2 + 1] ?? 0;
}

/** The string may be this much longer than its code: no code is shorter than five bits. */
const growth = 8 / 5;
const scratch = Buffer.allocUnsafe(4096);

/**
 * Decodes `bytes` from `start` to before `end`, one character for each byte. With `isSkipped` no string is made: the code is checked, and an empty one comes
 * back. Throws CompressionError where the code holds EOS, or its padding is a byte or more or not of ones.
 */
export function decodeHuffman(bytes: Buffer, start: number, end: number, isSkipped = false): string {
  const lengthMax = Math.ceil((end - start) * growth);
  // What is larger than this is rare, and is not kept.
  const target = lengthMax <= scratch.length ? scratch : Buffer.allocUnsafe(lengthMax);
  let length = 0;
  let node = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    const high = steps[node * 16 + (byte >>> 4)] ?? isWrong;
    if (high & hasSymbol) target[length++] = high & 0xff;
    const low = steps[(high >>> stateShift) * 16 + (byte & 0xf)] ?? isWrong;
    if (low & hasSymbol) target[length++] = low & 0xff;
    if ((high | low) & isWrong) throw new CompressionError('a Huffman code holds the end of the string');
    node = low >>> stateShift;
  }
  if (mayEnd[node] !== 1)
    throw new CompressionError('a Huffman code ends with a padding that is not of ones, or too long');
  return isSkipped ? '' : target.toString('latin1', 0, length);
}
