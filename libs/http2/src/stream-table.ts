/**
 * The open streams of a connection, by their numbers. It is no Map, since of what goes through one of V8's Maps while calls overlap most lives on until the
 * next major collection, and with a stream all that hangs on it. There are few at a time, and the one that is asked for is mostly the newest.
 */
import type { Stream } from './stream.ts';

export class StreamTable {
  /** The first `size` count; what has been left behind is emptied and used again. */
  readonly #ids: number[] = [];
  readonly #streams: (Stream | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | undefined {
    for (let index = this.#size - 1; index >= 0; index--) if (this.#ids[index] === id) return this.#streams[index];
    return undefined;
  }

  /** `stream.id` is not in it. */
  add(stream: Stream): void {
    const index = this.#size++;
    this.#ids[index] = stream.id;
    this.#streams[index] = stream;
  }

  delete(id: number): void {
    for (let index = this.#size - 1; index >= 0; index--) {
      if (this.#ids[index] !== id) continue;
      const last = --this.#size;
      this.#ids[index] = this.#ids[last] as number;
      this.#streams[index] = this.#streams[last];
      this.#streams[last] = undefined;
      return;
    }
  }

  /** Visits streams in no order; those that are closed meanwhile are left out. */
  forEach(visit: (stream: Stream) => void): void {
    for (const stream of this.#streams.slice(0, this.#size)) if (stream && !stream.isClosed) visit(stream);
  }
}
