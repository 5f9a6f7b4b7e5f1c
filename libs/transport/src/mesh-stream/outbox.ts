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
  readonly #isBusy: () => boolean;
  #due: NodeJS.Immediate | undefined;
  #isDue = false;
  /** Bytes that were handed over and have not left the process. */
  unsentBytes = 0;

  /**
   * `write` calls `done` when the message has left the process. `isBusy` says whether more frames are to be expected in this turn; when not, what was
   * added goes as soon as the running callback is done, which is a turn earlier.
   */
  constructor(write: (message: Buffer, done: () => void) => void, isBusy: () => boolean) {
    this.#write = write;
    this.#isBusy = isBusy;
  }

  add(frame: OutFrame): void {
    if (this.#bytes + frame.bytes > bundleBytes) this.flush();
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    if (this.#isDue) return;
    this.#isDue = true;
    if (this.#isBusy()) this.#due = setImmediate(() => this.flush());
    else process.nextTick(() => this.flush());
  }

  flush(): void {
    clearImmediate(this.#due);
    this.#isDue = false;
    if (this.#frames.length === 0) return;
    const writer = new WireWriter(this.#bytes + 256);
    const frames = this.#frames;
    for (const { write } of frames) write(writer);
    this.#frames = [];
    this.#bytes = 0;
    const message = writer.finish();
    this.unsentBytes += message.length;
    this.#write(message, () => {
      this.unsentBytes -= message.length;
      for (const { onSent } of frames) onSent?.();
    });
  }
}
