/** Methods whose callers send as many messages as they like. */
import { InferError, type Limits, type MessageLimit, monotonicClock } from '@sheaf/inference';
import { MessageSplitter } from '../../message-splitter.ts';
import { stepLimits } from '../../step-limits.ts';
import { decompressAtOnce } from '../framing.ts';
import { decodeSmall } from '../small-messages.ts';
import type { MethodDefinition } from './method-definition.ts';
import { lateBy, type MethodServer, type ServerMethod } from './methods.ts';
import { createResponses, type ResponseStream } from './response-stream.ts';
import type { IncomingCall, Receiver, ServerCall } from './server-call.ts';
import { SmallRoom, type StreamRoom, uncounted } from './small-room.ts';

/** What is told of a call's messages; what any of it throws is the status. */
export interface RequestHandler<Request> {
  message(request: Request): void;
  /** The caller has sent all that it will. */
  end(): void;
  /** The stream is over, whatever has happened; once and last. */
  close(): void;
}

export type StreamingHandler<Request, Response> = (
  call: ServerCall,
  responses: ResponseStream<Response>,
) => RequestHandler<Request>;

export interface StreamingOptions {
  /** Of its messages: those of the server. Default: they are small, and looked at before they are decoded. */
  /** Then what is on the stream is not counted either: whoever reads the messages does that. */
  readonly areLarge?: boolean;
  /** Streams of it on one connection. Default: as many as it may have calls. */
  readonly ofConnectionMax?: number;
}

/** Client-streaming and bidirectional methods. */
export function streaming<Request, Response>(
  definition: MethodDefinition<Request, Response>,
  handler: StreamingHandler<Request, Response>,
  { areLarge = false, ofConnectionMax = Number.POSITIVE_INFINITY }: StreamingOptions = {},
): ServerMethod {
  const decode = areLarge
    ? (message: Buffer) => definition.requestDeserialize(message)
    : (message: Buffer) => decodeSmall(definition, message);
  const counts = new WeakMap<object, number>();
  const serve = (call: IncomingCall, { limits, bytes }: MethodServer): void => {
    const { connection } = call;
    const count = counts.get(connection) ?? 0;
    if (count >= ofConnectionMax) {
      call.refuse(tooManyOf(definition.path, ofConnectionMax));
      return;
    }
    counts.set(connection, count + 1);
    const onClose = (): void => void counts.set(connection, (counts.get(connection) ?? 0) - 1);
    const room = areLarge ? uncounted : new SmallRoom(bytes, connection);
    call.watchDeadline();
    const limit: MessageLimit = areLarge ? limits : { messageBytesMax: stepLimits.smallMessageBytesMax };
    const open = (): RequestHandler<Request> => handler(call, createResponses(definition, call, room));
    call.receive(new StreamReceiver(call, { limits, limit, room, decode, open, onClose }));
  };
  return { path: definition.path, isLong: true, serve };
}

const tooManyOf = (path: string, max: number): InferError =>
  InferError.withoutStack('RESOURCE_EXHAUSTED', `streams of ${path}: want at most ${max} on one connection`, {
    reason: 'STREAMS_EXHAUSTED',
    retryAfterMs: -1,
  });

interface StreamOptions<Request> {
  readonly limits: Limits;
  readonly limit: MessageLimit;
  readonly room: StreamRoom;
  readonly decode: (message: Buffer) => Request;
  readonly open: () => RequestHandler<Request>;
  readonly onClose: () => void;
}

class StreamReceiver<Request> implements Receiver {
  readonly #call: IncomingCall;
  readonly #options: StreamOptions<Request>;
  readonly #splitter: MessageSplitter;
  readonly #handler: RequestHandler<Request>;
  isWaiting = true;
  begunAt: number | undefined;
  /** Of a message that has not come in one chunk. */
  #partBytes = 0;
  #stopWatching: (() => void) | undefined;

  constructor(call: IncomingCall, options: StreamOptions<Request>) {
    this.#call = call;
    this.#options = options;
    this.#handler = options.open();
    this.#splitter = new MessageSplitter(
      options.limit,
      (message, isCompressed) => this.#take(message, isCompressed),
      (bytes) => this.#gather(bytes),
    );
  }

  data(chunk: Buffer): void {
    this.#orRefuse(() => this.#splitter.add(chunk));
    this.isWaiting = this.#splitter.isWithin && !this.#call.isAnswered;
    if (this.isWaiting) this.begunAt ??= monotonicClock.now();
  }

  end(): void {
    this.isWaiting = false;
    this.#orRefuse(() => {
      this.#splitter.end();
      this.#handler.end();
    });
  }

  late(isDeadline: boolean): void {
    this.#drop();
    this.#call.refuse(lateBy(this.#options.limits)(isDeadline));
  }

  close(): void {
    this.#drop();
    this.#options.room.release();
    this.#options.onClose();
    this.#handler.close();
  }

  /** Room for a message that comes in parts, until it is whole. */
  #gather(bytes: number): void {
    const { room } = this.#options;
    room.take(bytes);
    this.#partBytes = bytes;
    this.#stopWatching = room.watch(bytes, {
      arrived: () => this.#splitter.filled,
      refuse: (error) => {
        this.#drop();
        this.#call.refuse(error);
      },
    });
  }

  /** Nobody waits for the rest of a message. */
  #drop(): void {
    this.isWaiting = false;
    this.#splitter.drop();
    this.#endPart();
  }

  #endPart(): void {
    this.begunAt = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    if (this.#partBytes > 0) this.#options.room.give(this.#partBytes);
    this.#partBytes = 0;
  }

  #take(message: Buffer, isCompressed: boolean): void {
    this.#endPart();
    // What came before in the same chunk may have ended it.
    if (this.#call.isAnswered || this.#call.isClosed) return;
    this.#call.facts.bytesIn += message.length;
    const { limit, decode } = this.#options;
    this.#handler.message(
      decode(isCompressed ? decompressAtOnce(message, this.#call.headers.encoding, limit) : message),
    );
  }

  #orRefuse(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#call.refuse(error);
    }
  }
}
