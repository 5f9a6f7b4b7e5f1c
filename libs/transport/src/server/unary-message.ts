/** The one message of a unary call, as gRPC frames it: a flag, a length in four bytes, and the bytes. */
import type { Readable } from 'node:stream';
import { InferError, type MessageLimit, messageTooLarge, monotonicClock } from '@sheaf/inference';
import { byteLimits, noRoom } from './bytes/byte-room.ts';
import type { Hold } from './bytes/bytes-in-flight.ts';
import { isPacking, likelyRatio, packings, UnpackedTooLarge, unpack } from './bytes/unpack.ts';

/** Before every message: the flag and the length. */
export const headBytes = 5;

/** As `grpc-accept-encoding` has it. */
export const acceptedEncodings = ['identity', ...packings].join();

/** Fills in the head of a message that has been left room for it. */
export function writeHead(frame: Buffer): Buffer {
  frame[0] = 0;
  frame.writeUInt32BE(frame.length - headBytes, 1);
  return frame;
}

export interface Expected {
  /** As `grpc-encoding` has it. */
  readonly encoding: string | undefined;
  /** Of the message, also when it is unpacked. */
  readonly bytesMax: number;
  /** The key of mesh.yaml that sets it, if it is not that of the servers for callers. */
  readonly messageKey?: MessageLimit['messageKey'];
  /** How long it may take to come. */
  readonly withinMs: number;
  /** What its caller is told when it takes longer. */
  readonly late: () => InferError;
  /** StatusHints of every chunk, also of those that come when the message has been refused, and are dropped. */
  readonly onBytes: (bytes: number) => void;
  /** Where it has its room. Its stream is not read while it waits for that. */
  readonly hold: Hold;
}

/** The message, when all of it has come; undefined when the caller has left before. Throws InferError. */
export function readUnaryMessage(stream: Readable, expected: Expected): Promise<Buffer | undefined> {
  const { encoding, bytesMax, messageKey, withinMs, late, onBytes, hold } = expected;
  const limit = { messageBytesMax: bytesMax, ...(messageKey && { messageKey }) };
  const gathering = new Gathering(limit);
  return new Promise((resolve, reject) => {
    const whole = (): Buffer | Promise<Buffer> => {
      const { message, isCompressed } = gathering.end();
      return isCompressed ? decompress(message, encoding, limit, hold) : message;
    };
    // The listeners stay when all is said: to take them off costs more.
    let isSettled = false;
    let isPromised = false;
    let isWaiting = false;
    let stopWatching = (): void => {};
    const settle = (): void => {
      isSettled = true;
      stopTimer();
      stopWatching();
    };
    const fail = (error: unknown): void => {
      if (isSettled) return;
      settle();
      gathering.drop();
      reject(error);
    };
    const gather = (): void => {
      // Its time may be up by the moment that it has its room.
      if (isSettled) return;
      try {
        hold.take(gathering.size);
        gathering.makeRoom();
      } catch (error) {
        fail(error);
        return;
      }
      if (!gathering.isWhole)
        stopWatching = hold.watch(gathering.size, { arrived: () => gathering.filled, refuse: fail });
    };
    const addTo = (chunk: Buffer): unknown => {
      try {
        return gathering.add(chunk);
      } catch (error) {
        return error;
      }
    };
    const onData = (chunk: Buffer): void => {
      onBytes(chunk.length);
      if (isSettled) return;
      const wrong = addTo(chunk);
      if (wrong) fail(wrong);
      else if (!isPromised && gathering.isPromised) {
        isPromised = true;
        const waiting = hold.reserve(gathering.bytesWanted, () => gathering.filled + stream.readableLength);
        if (waiting === undefined) gather();
        else void waitForRoom(waiting);
      }
    };
    /** Its caller sends no more than the window of its stream meanwhile. */
    const waitForRoom = async (room: Promise<void>): Promise<void> => {
      isWaiting = true;
      stream.pause();
      await room.then(gather, fail);
      isWaiting = false;
      stream.resume();
      // A small one is there already, and tells of its end only once.
      if (stream.readableEnded) onEnd();
    };
    // A stream that is reset, or loses its connection, ends as well, and is closed by then.
    const onEnd = (): void => {
      if (isSettled || (isWaiting && !stream.closed)) return;
      settle();
      try {
        resolve(stream.closed ? undefined : whole());
      } catch (error) {
        reject(error);
      }
    };
    const stopTimer = monotonicClock.after(withinMs, () => fail(late()));
    stream.on('data', onData).on('end', onEnd).on('close', onEnd);
  });
}

/** A frame as it comes, in chunks of any size. */
class Gathering {
  readonly #limit: MessageLimit;
  /** The first chunk as it came: a small message needs no other room. */
  #frame: Buffer = Buffer.alloc(0);
  #filled = 0;

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

  /** Answers what is wrong with the message, as soon as that is seen. */
  add(chunk: Buffer): InferError | undefined {
    const filled = this.#filled + chunk.length;
    if (this.#filled === 0) this.#frame = chunk;
    else {
      if (filled > this.#frame.length) this.#grow(filled);
      chunk.copy(this.#frame, this.#filled);
    }
    this.#filled = filled;
    if (filled < headBytes) return undefined;
    const flag = this.#frame[0] ?? 0;
    if (flag > 1) return framingInvalid(`want a flag of 0 or 1, got ${flag}`);
    const { size } = this;
    if (size > this.#limit.messageBytesMax) return tooLarge(`got ${size}`, this.#limit, size);
    return filled > this.#wanted ? framingInvalid('want one, got more') : undefined;
  }

  /** For all of it, once that is counted: untouched memory takes none. */
  makeRoom(): void {
    if (!this.isWhole) this.#grow(this.#wanted);
  }

  /** Throws when it is not whole. */
  end(): { readonly message: Buffer; readonly isCompressed: boolean } {
    if (this.#filled === 0) throw framingInvalid('want one, got none');
    if (this.#filled < this.#wanted)
      throw framingInvalid(`want ${this.#wanted} bytes with its head, got ${this.#filled}`);
    const whole = { message: this.#frame.subarray(headBytes, this.#filled), isCompressed: this.#frame[0] === 1 };
    this.drop();
    return whole;
  }

  /** What has come: whoever listens to the stream would keep it as long as that. */
  drop(): void {
    this.#frame = Buffer.alloc(0);
  }

  /** Bytes of the whole frame, as its head says; of the head alone until that is there. */
  get #wanted(): number {
    return this.#filled < headBytes ? headBytes : headBytes + this.#frame.readUInt32BE(1);
  }

  #grow(bytes: number): void {
    const grown = allocate(bytes);
    this.#frame.copy(grown, 0, 0, this.#filled);
    this.#frame = grown;
  }
}

/** The machine may have less memory than the process may take. */
function allocate(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch {
    throw noRoom();
  }
}

async function decompress(
  message: Buffer,
  encoding: string | undefined,
  limit: MessageLimit,
  hold: Hold,
): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity')
    throw framingInvalid('it is said to be compressed; grpc-encoding does not say how');
  if (!isPacking(encoding))
    throw new InferError('UNIMPLEMENTED', `grpc-encoding: want ${acceptedEncodings}, got another`, {
      reason: 'ENCODING_UNKNOWN',
    });
  try {
    return await unpack(message, encoding, limit.messageBytesMax, hold);
  } catch (error) {
    if (error instanceof InferError) throw error;
    if (error instanceof UnpackedTooLarge) throw tooLarge('got more when it was unpacked', limit);
    throw framingInvalid(`it is no ${encoding}`);
  }
}

const framingInvalid = (what: string): InferError =>
  new InferError('INVALID_ARGUMENT', `the message of the call: ${what}`, { reason: 'FRAMING_INVALID' });

const tooLarge = (what: string, limit: MessageLimit, size?: number): InferError =>
  messageTooLarge(`the message of the call: want at most ${limit.messageBytesMax} bytes, ${what}`, limit, size);
