/** PINGs of our own, and who waits for their answers. */
import type { Outbox } from './outbox.ts';

/** Told once: whether the peer has answered, or the connection has ended before. */
export type PingAnswered = (isAnswered: boolean) => void;

export class Pings {
  readonly #outbox: Outbox;
  readonly #onUnasked: () => void;
  #waiting: { readonly number: number; readonly tell: PingAnswered }[] = [];
  #last = 0;

  /** `onUnasked` is told of answers to what was not asked. */
  constructor(outbox: Outbox, onUnasked: () => void) {
    this.#outbox = outbox;
    this.#onUnasked = onUnasked;
  }

  ask(tell: PingAnswered): void {
    const payload = Buffer.alloc(8);
    const number = ++this.#last;
    payload.writeUIntBE(number, 2, 6);
    this.#waiting.push({ number, tell });
    this.#outbox.ping(false, payload, 0);
  }

  answered(payload: Buffer, start: number): void {
    const number = payload.readUInt16BE(start) === 0 ? payload.readUIntBE(start + 2, 6) : -1;
    const index = this.#waiting.findIndex((one) => one.number === number);
    const [found] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (found) found.tell(true);
    else this.#onUnasked();
  }

  /** The connection is over. */
  end(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { tell } of waiting) tell(false);
  }
}
