/** The one message of a unary call, as gRPC frames it: a flag, a length in four bytes, and the bytes. */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { InferError, type MessageLimit, messageTooLarge, monotonicClock } from '@sheaf/inference';

/** Before every message: the flag and the length. */
export const headBytes = 5;

/** By the names of gRPC, whose deflate is the format of zlib. */
const decompressors = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

/** As `grpc-accept-encoding` has it. */
export const acceptedEncodings = ['identity', ...Object.keys(decompressors)].join();

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
  /** The key of mesh.yaml that sets it, if it is not that of the doors for callers. */
  readonly messageKey?: MessageLimit['messageKey'];
  /** How long it may take to come. */
  readonly withinMs: number;
  /** What its caller is told when it takes longer. */
  readonly late: () => InferError;
  /** Told of every chunk, also of those that come when the message has been refused, and are dropped. */
  readonly onBytes: (bytes: number) => void;
}

/** The message, when all of it has come; undefined when the caller has left before. Throws InferError. */
export function readUnaryMessage(stream: Readable, expected: Expected): Promise<Buffer | undefined> {
  const { encoding, bytesMax, messageKey, withinMs, late, onBytes } = expected;
  const limit = { messageBytesMax: bytesMax, ...(messageKey && { messageKey }) };
  const gathering = new Gathering(limit);
  return new Promise((resolve, reject) => {
    const whole = (): Buffer | Promise<Buffer> => {
      const { message, isCompressed } = gathering.end();
      return isCompressed ? decompress(message, encoding, limit) : message;
    };
    // The listeners stay when all is said: to take them off costs more.
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      stopTimer();
    };
    const fail = (error: unknown): void => {
      settle();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      onBytes(chunk.length);
      const wrong = isSettled ? undefined : gathering.add(chunk);
      if (wrong) fail(wrong);
    };
    // A stream that is reset, or loses its connection, ends as well, and is closed by then.
    const onEnd = (): void => {
      if (isSettled) return;
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
    const size = this.#wanted - headBytes;
    if (size > this.#limit.messageBytesMax) return tooLarge(`got ${size}`, this.#limit, size);
    return filled > this.#wanted ? framingInvalid('want one, got more') : undefined;
  }

  /** Throws when it is not whole. */
  end(): { readonly message: Buffer; readonly isCompressed: boolean } {
    if (this.#filled === 0) throw framingInvalid('want one, got none');
    if (this.#filled < this.#wanted)
      throw framingInvalid(`want ${this.#wanted} bytes with its head, got ${this.#filled}`);
    return { message: this.#frame.subarray(headBytes, this.#filled), isCompressed: this.#frame[0] === 1 };
  }

  /** Bytes of the whole frame, as its head says; of the head alone until that is there. */
  get #wanted(): number {
    return this.#filled < headBytes ? headBytes : headBytes + this.#frame.readUInt32BE(1);
  }

  /** Room comes with the bytes, not with the length that promises them. */
  #grow(filled: number): void {
    const grown = Buffer.allocUnsafe(Math.max(filled, Math.min(this.#frame.length * 2, this.#wanted)));
    this.#frame.copy(grown, 0, 0, this.#filled);
    this.#frame = grown;
  }
}

async function decompress(message: Buffer, encoding: string | undefined, limit: MessageLimit): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity')
    throw framingInvalid('it is said to be compressed; grpc-encoding does not say how');
  if (!Object.hasOwn(decompressors, encoding))
    throw new InferError('UNIMPLEMENTED', `grpc-encoding: want ${acceptedEncodings}, got another`, {
      reason: 'ENCODING_UNKNOWN',
    });
  try {
    return await decompressors[encoding as keyof typeof decompressors](message, {
      maxOutputLength: limit.messageBytesMax,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge('got more when it was unpacked', limit);
    throw framingInvalid(`it is no ${encoding}`);
  }
}

const framingInvalid = (what: string): InferError =>
  new InferError('INVALID_ARGUMENT', `the message of the call: ${what}`, { reason: 'FRAMING_INVALID' });

const tooLarge = (what: string, limit: MessageLimit, size?: number): InferError =>
  messageTooLarge(`the message of the call: want at most ${limit.messageBytesMax} bytes, ${what}`, limit, size);
