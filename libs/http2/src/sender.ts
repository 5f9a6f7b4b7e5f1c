/** Sends DATA within the windows that the peer has given, streams in turn. */
import { ConnectionFault } from './connection-fault.ts';
import { framePayloadBytesMax, int31Max, windowBytesDefault } from './frame-types.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import type { Stream } from './stream.ts';
import { errorCodes, type HeaderBlock } from './types.ts';

/** The view of a connection that sending needs. */
export interface SenderOwner {
  readonly outbox: Outbox;
  readonly ledger: Ledger;
  sendHeaders(id: number, isLast: boolean, block: HeaderBlock): void;
  readonly lives: { endLocal(stream: Stream): void; tellDrain(stream: Stream): void };
}

export class Sender {
  readonly #owner: SenderOwner;
  /** The window of the connection. */
  #window = windowBytesDefault;
  /** The window of a new stream. */
  streamWindow = windowBytesDefault;
  /** Streams that have something to send, and window of their own for it, in the order of their turns. */
  readonly #ready: Stream[] = [];
  /** Bytes that wait in all streams. */
  unsentBytes = 0;
  /** Bytes of DATA that have been sent, and those of them that had to wait. Both count up. */
  sentBytes = 0;
  takenBytes = 0;

  constructor(owner: SenderOwner) {
    this.#owner = owner;
  }

  /** Whether a stream waits that has window of its own. */
  get hasTurns(): boolean {
    return this.#ready.length > 0;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0 && this.#window > 0;
  }

  write(stream: Stream, bytes: Buffer): void {
    const { length } = bytes;
    const fits = length <= framePayloadBytesMax && length <= stream.sendWindow && length <= this.#window;
    if (fits && stream.unsentBytes === 0 && this.#owner.outbox.hasRoom) {
      this.#sendData(stream, bytes, false, false);
      return;
    }
    if (stream.unsent === undefined) stream.unsent = [];
    stream.unsent.push(bytes);
    stream.unsentBytes += length;
    this.unsentBytes += length;
    this.#makeReady(stream);
  }

  end(stream: Stream, trailers: HeaderBlock | undefined): void {
    stream.isEnding = true;
    stream.trailers = trailers;
    if (stream.unsentBytes === 0) this.#finish(stream);
  }

  /** WINDOW_UPDATE for the connection. */
  widen(increment: number): void {
    this.#window += increment;
    if (this.#window > int31Max)
      throw new ConnectionFault(errorCodes.FLOW_CONTROL_ERROR, 'the window of the connection is above 2^31-1');
    if (this.#ready.length > 0) this.#owner.outbox.schedule();
  }

  /** WINDOW_UPDATE for a stream, or another initial window, which may be less. Answers false where that makes the window too large. */
  widenStream(stream: Stream, increment: number): boolean {
    stream.sendWindow += increment;
    if (stream.sendWindow > int31Max) return false;
    if (stream.unsentBytes > 0) this.#makeReady(stream);
    return true;
  }

  /** Drops what is not sent. */
  forget(stream: Stream): void {
    this.unsentBytes -= stream.unsentBytes;
    stream.unsentBytes = 0;
    stream.unsent = undefined;
    // Turns come only while there is a window: without one, closed streams would be kept here.
    if (stream.isReady) this.#ready.splice(this.#ready.indexOf(stream), 1);
    stream.isReady = false;
  }

  /** Writes frames while there are windows and the socket has room: of each stream that is ready one frame's worth in turn. */
  pump(): void {
    const { outbox } = this.#owner;
    while (this.hasReady && outbox.hasRoom) {
      const stream = this.#ready.shift() as Stream;
      stream.isReady = false;
      if (stream.ended === undefined) this.#takeTurn(stream);
    }
  }

  #takeTurn(stream: Stream): void {
    let left = framePayloadBytesMax;
    while (stream.unsentBytes > 0) {
      const piece = (stream.unsent as Buffer[])[0] as Buffer;
      const from = stream.unsentFrom;
      const wanted = Math.min(piece.length - from, left);
      const length = Math.min(wanted, stream.sendWindow, this.#window);
      if (length <= 0) break;
      left -= length;
      stream.unsentBytes -= length;
      this.unsentBytes -= length;
      this.takenBytes += length;
      stream.takenBytes += length;
      if (from + length === piece.length) {
        (stream.unsent as Buffer[]).shift();
        stream.unsentFrom = 0;
      } else stream.unsentFrom = from + length;
      const isLast = stream.unsentBytes === 0 && stream.isEnding && stream.trailers === undefined;
      this.#sendData(
        stream,
        length === piece.length ? piece : piece.subarray(from, from + length),
        isLast,
        length < wanted,
      );
      if (isLast) {
        this.#owner.lives.endLocal(stream);
        return;
      }
    }
    if (stream.unsentBytes > 0) {
      this.#makeReady(stream);
      return;
    }
    stream.stalledMs = 0;
    stream.takenBytes = 0;
    if (stream.isEnding) this.#finish(stream);
    else this.#owner.lives.tellDrain(stream);
  }

  #sendData(stream: Stream, bytes: Buffer, isLast: boolean, isCut: boolean): void {
    stream.sendWindow -= bytes.length;
    this.#window -= bytes.length;
    this.sentBytes += bytes.length;
    this.#owner.ledger.addSent(bytes.length, isCut);
    this.#owner.outbox.data(stream.id, isLast, bytes);
  }

  /** All that was written is sent. */
  #finish(stream: Stream): void {
    if (stream.trailers) this.#owner.sendHeaders(stream.id, true, stream.trailers);
    else this.#owner.outbox.data(stream.id, true, nothing);
    this.#owner.lives.endLocal(stream);
  }

  #makeReady(stream: Stream): void {
    if (stream.isReady || stream.sendWindow <= 0) return;
    stream.isReady = true;
    this.#ready.push(stream);
    this.#owner.outbox.schedule();
  }
}

const nothing: Buffer = Buffer.alloc(0);
