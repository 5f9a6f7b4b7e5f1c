/** Cuts what comes from a socket into frames, wherever its chunks end. DATA is told as it comes; of other frames only those that lie in two chunks are copied. */
import { frameSizeFault, protocolFault } from './connection-fault.ts';
import { flags, frameHeaderBytes, framePayloadBytesMax, frameTypes, int31Max } from './frame-types.ts';

/** Is told of each frame. An error that it throws ends the reading. */
export interface FrameSink {
  /** The head of a DATA frame has come; `length` is that of its payload with its padding. */
  dataBegin(id: number, length: number): void;
  /** Part of its data, none of its padding; never empty. */
  dataPart(part: Buffer): void;
  /** The frame is whole. */
  dataEnd(id: number, frameFlags: number, length: number): void;
  /** Any other frame, whole: its payload is what stands in `bytes` from `start` to `end`, and may be overwritten afterwards. */
  frame(type: number, frameFlags: number, id: number, bytes: Buffer, start: number, end: number): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  /** The head of a frame that lies in two chunks. */
  readonly #head = new Uint8Array(frameHeaderBytes);
  #headFilled = 0;
  /** Describes the frame whose payload has not come whole. */
  #isInPayload = false;
  #type = 0;
  #flags = 0;
  #id = 0;
  #length = 0;
  /** Bytes of data and of padding that a DATA frame still owes; the padding is -1 before its length is known. */
  #dataLeft = 0;
  #paddingLeft = 0;
  /** The part of the payload of any other frame that has come. */
  #payload: Buffer | undefined;
  #payloadFilled = 0;
  #isStopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Nothing more is told, also of the chunk that is being read. */
  stop(): void {
    this.#isStopped = true;
    this.#payload = undefined;
  }

  read(chunk: Buffer, from = 0): void {
    let at = from;
    while (!this.#isStopped) {
      if (this.#isInPayload) {
        at = this.#type === frameTypes.DATA ? this.#readData(chunk, at) : this.#readPayload(chunk, at);
        if (this.#isInPayload) return;
        continue;
      }
      const left = chunk.length - at;
      if (left <= 0) return;
      if (this.#headFilled === 0 && left >= frameHeaderBytes) {
        this.#begin(chunk, at);
        at += frameHeaderBytes;
      } else {
        const taken = Math.min(left, frameHeaderBytes - this.#headFilled);
        for (let i = 0; i < taken; i++) this.#head[this.#headFilled++] = chunk[at++] as number;
        if (this.#headFilled < frameHeaderBytes) return;
        this.#headFilled = 0;
        this.#begin(this.#head, 0);
      }
    }
  }

  #begin(head: Uint8Array, at: number): void {
    const length = ((head[at] as number) << 16) | ((head[at + 1] as number) << 8) | (head[at + 2] as number);
    const type = head[at + 3] as number;
    const frameFlags = head[at + 4] as number;
    const id =
      (((head[at + 5] as number) << 24) |
        ((head[at + 6] as number) << 16) |
        ((head[at + 7] as number) << 8) |
        (head[at + 8] as number)) &
      int31Max;
    if (length > framePayloadBytesMax)
      throw frameSizeFault(`want frames of at most ${framePayloadBytesMax} bytes, got one of ${length}`);
    this.#length = length;
    this.#type = type;
    this.#flags = frameFlags;
    this.#id = id;
    this.#isInPayload = true;
    if (type !== frameTypes.DATA) return;
    const isPadded = (frameFlags & flags.PADDED) !== 0;
    if (isPadded && length === 0) throw frameSizeFault('a DATA frame is too short for its padding');
    this.#dataLeft = length;
    this.#paddingLeft = isPadded ? -1 : 0;
    this.#sink.dataBegin(id, length);
  }

  #readData(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#paddingLeft < 0) {
      if (at >= chunk.length) return at;
      const padding = chunk[at++] as number;
      if (padding >= this.#length) throw protocolFault('the padding of a DATA frame is longer than the frame');
      this.#paddingLeft = padding;
      this.#dataLeft = this.#length - 1 - padding;
    }
    if (this.#dataLeft > 0) {
      const end = Math.min(chunk.length, at + this.#dataLeft);
      if (end === at) return at;
      this.#dataLeft -= end - at;
      this.#sink.dataPart(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
      at = end;
      if (this.#dataLeft > 0) return at;
    }
    const skipped = Math.min(chunk.length - at, this.#paddingLeft);
    this.#paddingLeft -= skipped;
    if (this.#paddingLeft > 0) return at + skipped;
    this.#isInPayload = false;
    if (!this.#isStopped) this.#sink.dataEnd(this.#id, this.#flags, this.#length);
    return at + skipped;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const left = chunk.length - at;
    const payload = this.#payload;
    if (payload === undefined && left >= this.#length) {
      this.#isInPayload = false;
      this.#sink.frame(this.#type, this.#flags, this.#id, chunk, at, at + this.#length);
      return at + this.#length;
    }
    const filled = this.#payloadFilled;
    const taken = Math.min(left, this.#length - filled);
    // A frame has at most 16 KiB, and its bytes are kept only while it is on its way.
    const target = payload ?? Buffer.allocUnsafeSlow(this.#length);
    chunk.copy(target, filled, at, at + taken);
    if (filled + taken < this.#length) {
      this.#payload = target;
      this.#payloadFilled = filled + taken;
      return at + taken;
    }
    this.#payload = undefined;
    this.#payloadFilled = 0;
    this.#isInPayload = false;
    this.#sink.frame(this.#type, this.#flags, this.#id, target, 0, this.#length);
    return at + taken;
  }
}
