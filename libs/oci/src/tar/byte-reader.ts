/** A stream of bytes, read in pieces of the size that is wanted. */

export interface ByteReader {
  /** Exactly so many bytes; fewer where the stream ends before. For small pieces only: they are joined in memory. */
  take(bytes: number): Promise<Buffer>;
  /** The next so many bytes, as they come; fewer where the stream ends before. */
  pieces(bytes: number): AsyncGenerator<Uint8Array>;
  /** Lets the source go. */
  close(): Promise<void>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);
  async function* pieces(bytes: number): AsyncGenerator<Uint8Array> {
    let wanted = bytes;
    while (wanted > 0) {
      if (rest.byteLength === 0) {
        const next = await iterator.next();
        if (next.done) return;
        rest = next.value;
        continue;
      }
      const piece = rest.subarray(0, wanted);
      rest = rest.subarray(piece.byteLength);
      wanted -= piece.byteLength;
      yield piece;
    }
  }
  return {
    pieces,
    async take(bytes) {
      const taken: Uint8Array[] = [];
      for await (const piece of pieces(bytes)) taken.push(piece);
      return Buffer.concat(taken);
    },
    async close() {
      await iterator.return?.();
    },
  };
}
