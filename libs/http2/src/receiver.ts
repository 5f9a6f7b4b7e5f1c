/** Keeps the windows within which the peer may send. Credit is given back once half of a window is used, so that a WINDOW_UPDATE is rare. */
import { ConnectionFault } from './connection-fault.ts';
import { windowBytesDefault } from './frame-types.ts';
import type { InFlight } from './in-flight.ts';
import type { Outbox } from './outbox.ts';
import type { Stream } from './stream.ts';
import { errorCodes } from './types.ts';

/** The view of a connection that receiving needs. */
export interface ReceiverOwner {
  readonly outbox: Outbox;
  readonly lives: { readonly open: InFlight<Stream> };
}

export interface ReceiveLimits {
  readonly connectionWindowBytes: number;
  readonly streamWindowBytes: number;
  readonly heldBytesMax: number;
}

export class Receiver {
  readonly #owner: ReceiverOwner;
  readonly #windowMax: number;
  readonly #streamWindowMax: number;
  /** Bytes that the peer may still send on all streams. */
  #window = windowBytesDefault;
  #toReturn = 0;
  readonly #heldMax: number;
  /** Bytes that came for streams which are paused. */
  #held = 0;
  /** The window of a new stream. Until the peer has read our SETTINGS it may take the default for granted. */
  streamWindow: number;

  constructor(owner: ReceiverOwner, { connectionWindowBytes, streamWindowBytes, heldBytesMax }: ReceiveLimits) {
    this.#owner = owner;
    this.#windowMax = Math.max(windowBytesDefault, connectionWindowBytes);
    this.#streamWindowMax = streamWindowBytes;
    this.#heldMax = heldBytesMax;
    this.streamWindow = Math.max(windowBytesDefault, streamWindowBytes);
  }

  /** Widens the window of the connection; follows our first SETTINGS. */
  start(): void {
    const more = this.#windowMax - this.#window;
    if (more > 0) this.#owner.outbox.windowUpdate(0, more);
    this.#window = this.#windowMax;
  }

  /** The peer has read our SETTINGS. */
  settled(): void {
    const change = this.#streamWindowMax - this.streamWindow;
    this.streamWindow = this.#streamWindowMax;
    if (change === 0) return;
    this.#owner.lives.open.forEach((stream) => {
      stream.receiveWindow += change;
    });
  }

  /** The head of a DATA frame has come; answers false where its stream has no window for that. */
  take(stream: Stream | undefined, length: number): boolean {
    this.#window -= length;
    if (this.#window < 0)
      throw new ConnectionFault(errorCodes.FLOW_CONTROL_ERROR, 'more DATA than the window of the connection allows');
    if (stream === undefined) return true;
    stream.receiveWindow -= length;
    return stream.receiveWindow >= 0;
  }

  /** A DATA frame has come whole, and been told to its stream, or dropped. */
  handled(stream: Stream | undefined, length: number): void {
    if (stream === undefined || stream.ended !== undefined) this.#returnToConnection(length);
    else if (stream.isPaused) {
      stream.held += length;
      this.#hold(length);
    } else {
      this.#returnToConnection(length);
      this.#returnToStream(stream, length);
    }
  }

  /** Gives back the credit of a stream that was paused. */
  release(stream: Stream): void {
    const { held } = stream;
    stream.held = 0;
    if (held === 0) return;
    this.#hold(-held);
    if (stream.ended === undefined) this.#returnToStream(stream, held);
  }

  /** Streams that are paused take nothing from the others: the connection gets its credit back at once, but for what they hold above `heldBytesMax`. */
  #hold(change: number): void {
    const before = Math.max(this.#held - this.#heldMax, 0);
    this.#held += change;
    const after = Math.max(this.#held - this.#heldMax, 0);
    const back = Math.max(change, 0) + before - after;
    if (back > 0) this.#returnToConnection(back);
  }

  #returnToConnection(length: number): void {
    this.#toReturn += length;
    if (this.#toReturn * 2 < this.#windowMax) return;
    this.#window += this.#toReturn;
    this.#owner.outbox.windowUpdate(0, this.#toReturn);
    this.#toReturn = 0;
  }

  #returnToStream(stream: Stream, length: number): void {
    if (stream.isRemoteEnded) return;
    stream.toReturn += length;
    if (stream.toReturn * 2 < this.#streamWindowMax) return;
    stream.receiveWindow += stream.toReturn;
    this.#owner.outbox.windowUpdate(stream.id, stream.toReturn);
    stream.toReturn = 0;
  }
}
