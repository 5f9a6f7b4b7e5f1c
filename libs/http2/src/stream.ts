/** A stream of either role: its state, and what its user may do with it. */
import type { Connection } from './connection.ts';
import type {
  ErrorCode,
  HeaderBlock,
  HeaderList,
  ServerConnection,
  ServerStream,
  StreamEnd,
  StreamHandler,
} from './types.ts';

/** Until a stream has its own. */
const nobody: StreamHandler = { data() {}, end() {}, close() {} };

/**
 * States of RFC 9113, 5.1: open while neither side is over, half-closed with one, closed with `isClosed`. Users see `ServerStream` and `ClientStream` of
 * it; all fields that those do not name are for the files of this room.
 */
export class Stream implements ServerStream {
  readonly id: number;
  readonly core: Connection;
  readonly headers: HeaderList;
  handler: StreamHandler = nobody;
  /** The peer has ended its side. */
  isRemoteEnded = false;
  /** Our side is over, with all that was written. */
  isLocalEnded = false;
  /** How it ended. */
  ended: StreamEnd | undefined;
  /** Where a content-length was told: what of it has not come. Negative without one. */
  bodyLeft: number;

  /** Sending, which `Sender` does. Nothing more is written when `isEnding`. */
  sendWindow: number;
  isEnding = false;
  trailers: HeaderBlock | undefined;
  unsent: Buffer[] | undefined;
  /** What of the first of `unsent` is sent. */
  unsentFrom = 0;
  unsentBytes = 0;
  isReady = false;

  /** Receiving, which `Receiver` does. `toReturn` has been handled, `held` came while it was paused. */
  receiveWindow: number;
  toReturn = 0;
  held = 0;
  isPaused = false;

  constructor(core: Connection, id: number, headers: HeaderList, bodyBytes: number) {
    this.core = core;
    this.id = id;
    this.headers = headers;
    this.bodyLeft = bodyBytes;
    this.sendWindow = core.sender.streamWindow;
    this.receiveWindow = core.receiver.streamWindow;
  }

  get connection(): ServerConnection {
    return this.core;
  }

  get isClosed(): boolean {
    return this.ended !== undefined;
  }

  respond(headers: HeaderBlock): void {
    if (this.ended === undefined && !this.isEnding) this.core.sendHeaders(this.id, false, headers);
  }

  respondOnly(headers: HeaderBlock): void {
    if (this.ended === undefined) this.core.sender.end(this, headers);
  }

  write(bytes: Buffer): void {
    if (this.ended === undefined && !this.isEnding && bytes.length > 0) this.core.sender.write(this, bytes);
  }

  end(trailers?: HeaderBlock): void {
    if (this.ended === undefined && !this.isEnding) this.core.sender.end(this, trailers);
  }

  reset(code: ErrorCode): void {
    if (this.ended === undefined) this.core.resetStream(this, code);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (this.ended === undefined) this.core.receiver.release(this);
  }
}
