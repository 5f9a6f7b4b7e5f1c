/** Remembers how streams ended, so that a frame that comes for one later gets the right answer. */
import { limits } from './limits.ts';

/** `own`: by our RST_STREAM, so that the peer may not know yet. `peer`: by its RST_STREAM. */
export type ClosedBy = 'own' | 'peer';

export class ClosedStreams {
  /** The newest `closedStreamsMax`, round and round. Those that both sides have ended are not noted: it is what holds for all others. */
  readonly #ids: number[] = [];
  readonly #by: ClosedBy[] = [];
  #next = 0;
  /** The highest number that was noted and is forgotten. */
  #forgotten = 0;
  /** Numbers that the peer has passed over, from and to. */
  readonly #skipped: (readonly [from: number, to: number])[] = [];

  add(id: number, by: ClosedBy): void {
    this.#forgotten = Math.max(this.#forgotten, this.#ids[this.#next] ?? 0);
    this.#ids[this.#next] = id;
    this.#by[this.#next] = by;
    this.#next = (this.#next + 1) % limits.closedStreamsMax;
  }

  /** Undefined for one that both sides have ended. One that may be forgotten counts as reset by us: that is no error of the peer. */
  closedBy(id: number): ClosedBy | undefined {
    const index = this.#ids.lastIndexOf(id);
    if (index >= 0) return this.#by[index];
    return id <= this.#forgotten ? 'own' : undefined;
  }

  /** The peer opens `id` after `last`: what lies between was never opened. */
  skip(last: number, id: number): void {
    if (id - last <= 2) return;
    this.#skipped.push([last + 1, id - 1]);
    if (this.#skipped.length > limits.skippedRunsMax) this.#skipped.shift();
  }

  isSkipped(id: number): boolean {
    return this.#skipped.some(([from, to]) => from <= id && id <= to);
  }
}
