/** Writes frames, and hands all those of one turn to the socket at once. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { flags, frameHeaderBytes, framePayloadBytesMax, frameTypes } from './frame-types.ts';
import { limits } from './limits.ts';
import { giveSlab, slabBytes, takeSlab } from './slabs.ts';
import { atEndOfTurn } from './turn.ts';
import type { ErrorCode } from './types.ts';

/** Data up to this is copied beside its frame's head; a longer piece goes to the socket as it is. */
const copiedBytesMax = 8 * 1024;

/** A socket that takes what it is given tells so a turn or two later. */
const turnsStuckMin = 4;

/** Longest text in GOAWAY. */
const debugBytesMax = 256;

export class Outbox {
  readonly #socket: Duplex;
  readonly #beforeSend: () => void;
  readonly #onSpace: () => void;
  readonly #atTurn = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
  readonly #written = (): void => this.#onWritten();
  #isScheduled = false;
  #isClosed = false;
  /** Memory in which frames are being written, from `#from` to `#at`; the bytes before those are with the socket. */
  #slab: Buffer | undefined;
  #from = 0;
  #at = 0;
  /** Buffers that go out before those bytes. */
  #segments: Buffer[] = [];
  #segmentBytes = 0;
  /** Writes handed to the socket, and those that it is done with. */
  #sent = 0;
  #done = 0;
  #handedBytes = 0;
  /** Answers to SETTINGS and PING since the socket last had nothing left. */
  #answers = 0;
  /** Turns in which there was something to send since the socket last took something. */
  #turnsStuck = 0;

  /** `beforeSend` may add frames to what is about to be sent; `onSpace` is told when the socket has taken some. */
  constructor(socket: Duplex, beforeSend: () => void, onSpace: () => void) {
    this.#socket = socket;
    this.#beforeSend = beforeSend;
    this.#onSpace = onSpace;
  }

  /** Bytes that have not been handed to the socket. */
  get pendingBytes(): number {
    return this.#segmentBytes + this.#at - this.#from;
  }

  /** Whether there is something to send that had no room at the end of its turn. What is said in this turn goes at the end of it, in one write. */
  get isHeldUp(): boolean {
    return this.pendingBytes > 0 && !this.#isScheduled;
  }

  /** Bytes that the socket has not got rid of. */
  get socketBytes(): number {
    return this.#socket.writableLength;
  }

  /** Bytes that the socket has got rid of since it was opened. */
  get takenBytes(): number {
    return this.#handedBytes - this.#socket.writableLength;
  }

  get hasRoom(): boolean {
    return this.pendingBytes + this.#socket.writableLength < limits.socketBytesMax;
  }

  /** Whether answers to SETTINGS and PING wait in too great a number for a peer that does not read. */
  get isUnread(): boolean {
    return this.#answers > limits.unreadAnswersMax && this.#turnsStuck >= turnsStuckMin;
  }

  data(id: number, isLast: boolean, bytes: Buffer): void {
    const { length } = bytes;
    this.#head(length, frameTypes.DATA, isLast ? flags.END_STREAM : 0, id, length <= copiedBytesMax ? length : 0);
    if (length <= copiedBytesMax) this.#copy(bytes, 0, length);
    else this.#refer(bytes);
  }

  /** `before` goes in front of the block: an instruction to the peer's decoder. */
  headers(id: number, isLast: boolean, block: Buffer, before?: number): void {
    const isPrefixed = before !== undefined;
    const total = block.length + (isPrefixed ? 1 : 0);
    const isWhole = total <= framePayloadBytesMax;
    const first = isWhole ? total : framePayloadBytesMax;
    const headFlags = (isLast ? flags.END_STREAM : 0) | (isWhole ? flags.END_HEADERS : 0);
    this.#head(first, frameTypes.HEADERS, headFlags, id, first);
    if (before !== undefined) (this.#slab as Buffer)[this.#at++] = before;
    let at = first - (isPrefixed ? 1 : 0);
    this.#copy(block, 0, at);
    while (at < block.length) {
      const next = Math.min(block.length, at + framePayloadBytesMax);
      const isEnd = next === block.length;
      this.#head(next - at, frameTypes.CONTINUATION, isEnd ? flags.END_HEADERS : 0, id, next - at);
      this.#copy(block, at, next);
      at = next;
    }
  }

  reset(id: number, code: ErrorCode): void {
    this.#head(4, frameTypes.RST_STREAM, 0, id, 4);
    this.#uint32(code);
  }

  windowUpdate(id: number, increment: number): void {
    this.#head(4, frameTypes.WINDOW_UPDATE, 0, id, 4);
    this.#uint32(increment);
  }

  settings(entries: readonly (readonly [id: number, value: number])[]): void {
    this.#head(entries.length * 6, frameTypes.SETTINGS, 0, 0, entries.length * 6);
    for (const [id, value] of entries) {
      const slab = this.#slab as Buffer;
      slab[this.#at++] = id >> 8;
      slab[this.#at++] = id;
      this.#uint32(value);
    }
  }

  settingsAck(): void {
    this.#answers++;
    this.#head(0, frameTypes.SETTINGS, flags.ACK, 0, 0);
  }

  /** `payload` has 8 bytes from `start` on. */
  ping(isAck: boolean, payload: Buffer, start: number): void {
    if (isAck) this.#answers++;
    this.#head(8, frameTypes.PING, isAck ? flags.ACK : 0, 0, 8);
    this.#copy(payload, start, start + 8);
  }

  goAway(lastStream: number, code: ErrorCode, debug = ''): void {
    const text = Buffer.from(debug, 'latin1').subarray(0, debugBytesMax);
    this.#head(8 + text.length, frameTypes.GOAWAY, 0, 0, 8 + text.length);
    this.#uint32(lastStream);
    this.#uint32(code);
    this.#copy(text, 0, text.length);
  }

  /** Bytes that are no frame: a client's preface. */
  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#copy(bytes, 0, bytes.length);
    this.schedule();
  }

  /** Sends what there is at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    atEndOfTurn(this.#atTurn);
  }

  /** Sends what there is, unless the socket has enough; then it goes when that has taken it. */
  flush(): void {
    if (this.#isClosed) return;
    if (this.#sent !== this.#done) this.#turnsStuck++;
    if (this.#socket.writableLength >= limits.socketBytesMax) return;
    this.#beforeSend();
    this.#send();
  }

  /** Sends what there is, however full the socket is, and takes nothing more. */
  end(): void {
    if (this.#isClosed) return;
    this.#send();
    this.#isClosed = true;
    this.#socket.end();
  }

  /** Takes nothing more, and forgets what there is. */
  close(): void {
    this.#isClosed = true;
    this.#segments = [];
    this.#segmentBytes = 0;
    this.#from = this.#at;
  }

  #send(): void {
    const segments = this.#segments;
    const bytes = this.#segmentBytes + this.#at - this.#from;
    if (bytes === 0) return;
    this.#closeSegment();
    const last = segments.length - 1;
    const socket = this.#socket;
    this.#sent++;
    this.#handedBytes += bytes;
    if (last === 0) socket.write(segments[0], this.#written);
    else {
      socket.cork();
      for (let i = 0; i < last; i++) socket.write(segments[i]);
      socket.write(segments[last], this.#written);
      socket.uncork();
    }
    segments.length = 0;
    this.#segmentBytes = 0;
  }

  #onWritten(): void {
    this.#done++;
    this.#turnsStuck = 0;
    if (this.#done === this.#sent) {
      this.#answers = 0;
      this.#rewind();
    }
    if (!this.#isClosed) this.#onSpace();
  }

  /** The socket reads nothing of the slab any more: one of TCP or TLS has copied it. What other streams do with it nobody knows. */
  #rewind(): void {
    if (!(this.#socket instanceof Socket)) return;
    if (this.#slab === undefined || this.pendingBytes > 0) return;
    giveSlab(this.#slab);
    this.#slab = undefined;
    this.#from = 0;
    this.#at = 0;
  }

  #head(length: number, type: number, frameFlags: number, id: number, copied: number): void {
    this.#reserve(frameHeaderBytes + copied);
    const slab = this.#slab as Buffer;
    const at = this.#at;
    slab[at] = length >> 16;
    slab[at + 1] = length >> 8;
    slab[at + 2] = length;
    slab[at + 3] = type;
    slab[at + 4] = frameFlags;
    slab[at + 5] = id >> 24;
    slab[at + 6] = id >> 16;
    slab[at + 7] = id >> 8;
    slab[at + 8] = id;
    this.#at = at + frameHeaderBytes;
    this.schedule();
  }

  #uint32(value: number): void {
    const slab = this.#slab as Buffer;
    const at = this.#at;
    slab[at] = value >> 24;
    slab[at + 1] = value >> 16;
    slab[at + 2] = value >> 8;
    slab[at + 3] = value;
    this.#at = at + 4;
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const slab = this.#slab as Buffer;
    // A call out of JavaScript costs as much as some 40 bytes.
    if (end - start > 40) bytes.copy(slab, this.#at, start, end);
    else for (let from = start, at = this.#at; from < end; from++, at++) slab[at] = bytes[from] as number;
    this.#at += end - start;
  }

  #refer(bytes: Buffer): void {
    this.#closeSegment();
    this.#segments.push(bytes);
    this.#segmentBytes += bytes.length;
  }

  #closeSegment(): void {
    if (this.#at === this.#from) return;
    this.#segments.push((this.#slab as Buffer).subarray(this.#from, this.#at));
    this.#segmentBytes += this.#at - this.#from;
    this.#from = this.#at;
  }

  #reserve(bytes: number): void {
    if (this.#slab !== undefined && this.#at + bytes <= slabBytes) return;
    this.#closeSegment();
    // The one before is with the socket, and is left to the garbage collector.
    this.#slab = takeSlab();
    this.#from = 0;
    this.#at = 0;
  }
}
