import type { MessageLimit } from '@sheaf/inference';
import { allocate, checkHead, framingInvalid, headBytes } from './server/framing.ts';

type OnMessage = (message: Buffer, isCompressed: boolean) => void;

/** Finds the messages of a stream in chunks of any size. One that comes in one chunk is a view of it. */
export class MessageSplitter {
  readonly #limit: MessageLimit;
  readonly #onMessage: OnMessage;
  readonly #onPart: (bytes: number) => void;
  readonly #head = Buffer.alloc(headBytes);
  #headFilled = 0;
  /** Of a message that has not come in one chunk. */
  #body: Buffer | undefined;
  #bodyFilled = 0;

  /** `onPart` is told how long a message will be that has not come in one chunk, before there is memory for it; what it throws ends the reading. */
  constructor(limit: MessageLimit, onMessage: OnMessage, onPart = (_bytes: number): void => {}) {
    this.#limit = limit;
    this.#onMessage = onMessage;
    this.#onPart = onPart;
  }

  /** Whether a message has begun that is not whole. */
  get isWithin(): boolean {
    return this.#headFilled > 0;
  }

  /** Of such a message, the bytes that have come after its head. */
  get filled(): number {
    return this.#body ? this.#bodyFilled : 0;
  }

  /** What has come of a message: nobody waits for the rest. */
  drop(): void {
    this.#body = undefined;
    this.#headFilled = 0;
  }

  /** Throws InferError for what is no message, or too large a one. */
  add(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#body ? this.#fill(this.#body, chunk, at) : this.#begin(chunk, at);
  }

  /** Throws InferError where a message has not come whole. */
  end(): void {
    if (this.isWithin) throw framingInvalid('want all of it, got a part');
  }

  #begin(chunk: Buffer, from: number): number {
    const copied = chunk.copy(this.#head, this.#headFilled, from, from + headBytes - this.#headFilled);
    const at = from + copied;
    this.#headFilled += copied;
    if (this.#headFilled < headBytes) return at;
    const size = checkHead(this.#head, this.#limit);
    if (chunk.length - at >= size) {
      this.#tell(chunk.subarray(at, at + size));
      return at + size;
    }
    this.#onPart(size);
    this.#body = allocate(size);
    this.#bodyFilled = 0;
    return at;
  }

  #fill(body: Buffer, chunk: Buffer, from: number): number {
    const copied = chunk.copy(body, this.#bodyFilled, from);
    this.#bodyFilled += copied;
    if (this.#bodyFilled === body.length) this.#tell(body);
    return from + copied;
  }

  #tell(message: Buffer): void {
    const isCompressed = this.#head[0] === 1;
    this.#headFilled = 0;
    this.#body = undefined;
    this.#onMessage(message, isCompressed);
  }
}
