/** Chunks up to here are copied together: a view of few bytes takes many itself, and keeps all that it was read with. */
const smallBytes = 4 * 1024;
const blockBytesMin = 1024;
const blockBytesMax = 64 * 1024;

/** Bytes that have come in chunks of any size and wait to be read. */
export class ChunkList {
  readonly #chunks: Buffer[] = [];
  /** The last chunk, where it is ours and has room: so many bytes of it are used. */
  #used: number | undefined;
  length = 0;

  add(chunk: Buffer): void {
    this.length += chunk.length;
    if (this.#chunks.length === 0 || chunk.length > smallBytes) {
      this.#close();
      this.#chunks.push(chunk);
      return;
    }
    let block = this.#chunks.at(-1) as Buffer;
    if (this.#used === undefined || this.#used + chunk.length > block.length) {
      this.#close();
      const bytes = Math.min(blockBytesMax, Math.max(blockBytesMin, this.length, chunk.length));
      block = Buffer.allocUnsafeSlow(bytes);
      this.#chunks.push(block);
      this.#used = 0;
    }
    this.#used += chunk.copy(block, this.#used);
  }

  /** All of them, in order; the list is empty then. */
  take(): readonly Buffer[] {
    this.#close();
    this.length = 0;
    return this.#chunks.splice(0);
  }

  #close(): void {
    const last = this.#chunks.length - 1;
    if (this.#used !== undefined) this.#chunks[last] = (this.#chunks[last] as Buffer).subarray(0, this.#used);
    this.#used = undefined;
  }
}
