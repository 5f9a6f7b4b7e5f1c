import { WireWriter } from '../wire/writer.ts';
import type { OutFrame } from './frames.ts';

/** A message takes no more frames once it has so many bytes; a frame that is larger goes alone. */
const bundleBytes = 64 * 1024;

/**
 * Gathers the frames of one turn of the event loop into one message: each message costs a walk through the streams of Node and HTTP/2, which is far
 * more than a frame.
 */
export class Outbox {
  readonly #write: (message: Buffer, done: () => void) => void;
  #frames: OutFrame[] = [];
  #bytes = 0;
  #due: NodeJS.Immediate | undefined;
  /** Bytes that were handed over and have not left the process. */
  unsentBytes = 0;

  /** `write` calls `done` when the message has left the process. */
  constructor(write: (message: Buffer, done: () => void) => void) {
    this.#write = write;
  }

  add(frame: OutFrame): void {
    if (this.#bytes + frame.bytes > bundleBytes) this.flush();
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    this.#due ??= setImmediate(() => this.flush());
  }

  flush(): void {
    clearImmediate(this.#due);
    this.#due = undefined;
    if (this.#frames.length === 0) return;
    const writer = new WireWriter(this.#bytes + 256);
    for (const { write } of this.#frames) write(writer);
    this.#frames = [];
    this.#bytes = 0;
    const message = writer.finish();
    this.unsentBytes += message.length;
    this.#write(message, () => {
      this.unsentBytes -= message.length;
    });
  }
}
