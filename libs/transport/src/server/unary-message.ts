/** The one message of a unary call, as gRPC frames it: a flag, a length in four bytes, and the bytes. */
import type { InferError, MessageLimit } from '@sheaf/inference';
import { type Arriving, byteLimits } from './bytes/byte-room.ts';
import { ChunkList } from './bytes/chunk-list.ts';
import { likelyRatio, type UnpackRoom } from './bytes/unpack.ts';
import { allocate, checkHead, decompress, framingInvalid, headBytes } from './framing.ts';
import type { IncomingCall, Receiver } from './grpc/server-call.ts';

/** Where a message has its room. */
export interface MessageRoom extends UnpackRoom {
  /** Of a message that is not there: whoever waits for room may have it refused. Answers what ends that. */
  watch(messageBytes: number, arriving: Arriving): () => void;
}

export interface Expected {
  /** As `grpc-encoding` has it. */
  readonly encoding: string | undefined;
  /** Of the message, also when it is unpacked. */
  readonly limit: MessageLimit;
  /** What its caller is told when it does not come in time. */
  readonly late: (isDeadline: boolean) => InferError;
  /** Its stream is not read while it waits for room. */
  readonly room: MessageRoom;
  /** Whether a call without a message is one whose message is empty. */
  readonly isOptional?: boolean;
}

/** Who waits for the message. */
export interface MessageConsumer {
  /** All of it has come; at most once, and not after `fail`. */
  take(message: Buffer): void;
  /** It has not come, or is none. */
  fail(error: unknown): void;
  /** The stream of the call is over. */
  close(): void;
}

type Call = Pick<IncomingCall, 'stream' | 'isClosed'>;

/** Reads the message of a call and hands it to its consumer. */
export class UnaryMessage implements Receiver {
  readonly #call: Call;
  readonly #expected: Expected;
  readonly #consumer: MessageConsumer;
  readonly #gathering: Gathering;
  #state: 'coming' | 'waiting' | 'settled' = 'coming';
  #isPromised = false;
  #hasEnded = false;
  #stopWatching: (() => void) | undefined;

  constructor(call: Call, expected: Expected, consumer: MessageConsumer) {
    this.#call = call;
    this.#expected = expected;
    this.#consumer = consumer;
    this.#gathering = new Gathering(expected.limit);
  }

  get isWaiting(): boolean {
    return this.#state !== 'settled';
  }

  data(chunk: Buffer): void {
    if (this.#state === 'settled') return;
    const gathering = this.#gathering;
    try {
      gathering.add(chunk);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.#isPromised && gathering.isPromised) this.#reserve();
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#state === 'coming') this.#finish();
  }

  late(isDeadline: boolean): void {
    this.#fail(this.#expected.late(isDeadline));
  }

  close(): void {
    this.#settle();
    this.#gathering.drop();
    this.#consumer.close();
  }

  #reserve(): void {
    this.#isPromised = true;
    const gathering = this.#gathering;
    const waiting = this.#expected.room.reserve(gathering.bytesWanted, () => gathering.filled);
    if (waiting !== undefined) void this.#wait(waiting);
    else this.#gather();
  }

  /** Its caller sends no more than the window of its stream meanwhile. */
  async #wait(room: Promise<void>): Promise<void> {
    this.#state = 'waiting';
    this.#call.stream.pause();
    try {
      await room;
    } catch (error) {
      this.#fail(error);
      return;
    }
    // Its time may be up by the moment that it has its room.
    if (this.#isSettled()) return;
    this.#state = 'coming';
    this.#gather();
    this.#call.stream.resume();
    if (this.#hasEnded && !this.#isSettled()) this.#finish();
  }

  #gather(): void {
    const gathering = this.#gathering;
    try {
      this.#expected.room.take(gathering.size);
      gathering.makeRoom();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (gathering.isWhole) return;
    this.#stopWatching = this.#expected.room.watch(gathering.size, {
      arrived: () => gathering.filled,
      refuse: (error) => this.#fail(error),
    });
  }

  #finish(): void {
    const { encoding, limit, room, isOptional } = this.#expected;
    this.#settle();
    let message: Buffer;
    try {
      const whole = this.#gathering.end(isOptional);
      if (whole.isCompressed) {
        void this.#unpack(decompress(whole.message, encoding, limit, room));
        return;
      }
      message = whole.message;
    } catch (error) {
      this.#consumer.fail(error);
      return;
    }
    this.#consumer.take(message);
  }

  async #unpack(unpacking: Promise<Buffer>): Promise<void> {
    let message: Buffer;
    try {
      message = await unpacking;
    } catch (error) {
      if (!this.#call.isClosed) this.#consumer.fail(error);
      return;
    }
    if (!this.#call.isClosed) this.#consumer.take(message);
  }

  #fail(error: unknown): void {
    if (this.#isSettled()) return;
    this.#settle();
    this.#gathering.drop();
    this.#consumer.fail(error);
  }

  #isSettled(): boolean {
    return this.#state === 'settled';
  }

  #settle(): void {
    this.#state = 'settled';
    this.#stopWatching?.();
  }
}

const nothing: Buffer = Buffer.alloc(0);

/** A frame as it comes, in chunks of any size. */
class Gathering {
  readonly #limit: MessageLimit;
  /** The first chunk as it came, or all of the frame: a small message needs no other room. */
  #frame = nothing;
  /** What has come after it, as long as there is no room for all. */
  #parts: ChunkList | undefined;
  #filled = 0;
  #isChecked = false;

  constructor(limit: MessageLimit) {
    this.#limit = limit;
  }

  get filled(): number {
    return this.#filled;
  }

  /** Whether its head is there, and says how long it is. */
  get isPromised(): boolean {
    return this.#filled >= headBytes;
  }

  get isWhole(): boolean {
    return this.#filled >= this.#wanted;
  }

  /** Of the message, as its head says. */
  get size(): number {
    return this.#wanted - headBytes;
  }

  /** What it is likely to take once it is unpacked; where it is small before, that is told by its last bytes. */
  get bytesWanted(): number {
    const isUnpackedLarge = this.#frame[0] === 1 && this.size > byteLimits.smallBytesMax;
    return isUnpackedLarge ? Math.min(this.#limit.messageBytesMax, this.size * likelyRatio) : this.size;
  }

  /** Throws what is wrong with the message, as soon as that is seen. */
  add(chunk: Buffer): void {
    const filled = this.#filled + chunk.length;
    if (this.#filled === 0) this.#frame = chunk;
    else if (this.#filled < headBytes) this.#frame = Buffer.concat([this.#frame, chunk]);
    else if (filled <= this.#frame.length) chunk.copy(this.#frame, this.#filled);
    else {
      this.#parts ??= new ChunkList();
      this.#parts.add(chunk);
    }
    this.#filled = filled;
    if (filled < headBytes) return;
    if (!this.#isChecked) checkHead(this.#frame, this.#limit);
    this.#isChecked = true;
    if (filled > this.#wanted) throw framingInvalid('want one, got more');
  }

  /** For all of it, once that is counted: untouched memory takes none. */
  makeRoom(): void {
    if (this.isWhole && !this.#parts) return;
    const grown = allocate(this.#wanted);
    let at = this.#frame.copy(grown);
    for (const part of this.#parts?.take() ?? []) at += part.copy(grown, at);
    this.#frame = grown;
    this.#parts = undefined;
  }

  /** Throws when it is not whole. */
  end(isOptional = false): { readonly message: Buffer; readonly isCompressed: boolean } {
    if (this.#filled === 0) {
      if (isOptional) return { message: nothing, isCompressed: false };
      throw framingInvalid('want one, got none');
    }
    if (this.#filled < this.#wanted)
      throw framingInvalid(`want ${this.#wanted} bytes with its head, got ${this.#filled}`);
    const whole = { message: this.#frame.subarray(headBytes, this.#filled), isCompressed: this.#frame[0] === 1 };
    this.drop();
    return whole;
  }

  /** What has come: whoever listens to the stream would keep it as long as that. */
  drop(): void {
    this.#frame = nothing;
    this.#parts = undefined;
  }

  /** Bytes of the whole frame, as its head says; of the head alone until that is there. */
  get #wanted(): number {
    return this.#filled < headBytes ? headBytes : headBytes + this.#frame.readUInt32BE(1);
  }
}
