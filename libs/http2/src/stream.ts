/** A stream of either role: its state, and what its user may do with it. */
import type {
  ErrorCode,
  HeaderBlock,
  HeaderList,
  ServerConnection,
  ServerStream,
  StreamEnd,
  StreamHandler,
} from './types.ts';

/** The view of a connection that its streams need. */
export interface StreamOwner extends ServerConnection {
  readonly sender: {
    readonly streamWindow: number;
    write(stream: Stream, bytes: Buffer): void;
    end(stream: Stream, trailers: HeaderBlock | undefined): void;
  };
  readonly receiver: { readonly streamWindow: number; release(stream: Stream): void };
  sendHeaders(id: number, isLast: boolean, block: HeaderBlock): void;
  readonly lives: { reset(stream: Stream, code: ErrorCode): void };
}

/** Handles a stream until it has its own handler. */
const nobody: StreamHandler = { data() {}, end() {}, close() {} };

/**
 * States of RFC 9113, 5.1: open while neither side is over, half-closed with one, closed with `isClosed`. Users see `ServerStream` and `ClientStream` of
 * it; all fields that those do not name are for the files of this room.
 */
export class Stream implements ServerStream {
  readonly id: number;
  readonly owner: StreamOwner;
  readonly headers: HeaderList;
  handler: StreamHandler = nobody;
  /** The peer has ended its side. */
  isRemoteEnded = false;
  /** Our side is over, with all that was written. */
  isLocalEnded = false;
  /** Undefined while it is open. */
  ended: StreamEnd | undefined;
  /** Bytes of the content-length that have not come; negative where there is none. */
  bodyLeft: number;

  /** Sending, which `Sender` does. Nothing more is written when `isEnding`. */
  sendWindow: number;
  isEnding = false;
  trailers: HeaderBlock | undefined;
  unsent: Buffer[] | undefined;
  /** Bytes of the first of `unsent` that are sent. */
  unsentFrom = 0;
  unsentBytes = 0;
  isReady = false;
  /** Of what waits: for how long there has been no window for it, and how much of it was sent since. `StallWatch` looks at them. */
  stalledMs = 0;
  takenBytes = 0;

  /** Receiving, which `Receiver` does. `toReturn` has been handled, `held` came while it was paused. */
  receiveWindow: number;
  toReturn = 0;
  held = 0;
  isPaused = false;

  constructor(owner: StreamOwner, id: number, headers: HeaderList, bodyBytes: number) {
    this.owner = owner;
    this.id = id;
    this.headers = headers;
    this.bodyLeft = bodyBytes;
    this.sendWindow = owner.sender.streamWindow;
    this.receiveWindow = owner.receiver.streamWindow;
  }

  get connection(): ServerConnection {
    return this.owner;
  }

  get isClosed(): boolean {
    return this.ended !== undefined;
  }

  respond(headers: HeaderBlock): void {
    if (this.ended === undefined && !this.isEnding) this.owner.sendHeaders(this.id, false, headers);
  }

  respondOnly(headers: HeaderBlock): void {
    if (this.ended === undefined) this.owner.sender.end(this, headers);
  }

  write(bytes: Buffer): void {
    if (this.ended === undefined && !this.isEnding && bytes.length > 0) this.owner.sender.write(this, bytes);
  }

  end(trailers?: HeaderBlock): void {
    if (this.ended === undefined && !this.isEnding) this.owner.sender.end(this, trailers);
  }

  reset(code: ErrorCode): void {
    if (this.ended === undefined) this.owner.lives.reset(this, code);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (this.ended === undefined) this.owner.receiver.release(this);
  }
}
