/** Methods whose callers send as many messages as they like. */
import type { Limits, MessageLimit } from '@sheaf/inference';
import { stepLimits } from '../../step-limits.ts';
import { decompressAtOnce } from '../framing.ts';
import { decodeSmall } from '../small-messages.ts';
import { MessageSplitter } from './message-splitter.ts';
import type { MethodDefinition } from './method-definition.ts';
import { lateBy, type MethodServer, type ServerMethod } from './methods.ts';
import { createResponses, type ResponseStream } from './response-stream.ts';
import type { IncomingCall, Receiver, ServerCall } from './server-call.ts';

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
  readonly areLarge?: boolean;
}

/** Client-streaming and bidirectional methods. */
export function streaming<Request, Response>(
  definition: MethodDefinition<Request, Response>,
  handler: StreamingHandler<Request, Response>,
  { areLarge = false }: StreamingOptions = {},
): ServerMethod {
  const decode = areLarge
    ? (message: Buffer) => definition.requestDeserialize(message)
    : (message: Buffer) => decodeSmall(definition, message);
  const serve = (call: IncomingCall, { limits }: MethodServer): void => {
    call.watchDeadline();
    const limit: MessageLimit = areLarge ? limits : { messageBytesMax: stepLimits.smallMessageBytesMax };
    const open = (): RequestHandler<Request> => handler(call, createResponses(definition, call));
    call.receive(new StreamReceiver(call, { limits, limit, decode, open }));
  };
  return { path: definition.path, isLong: true, serve };
}

interface StreamOptions<Request> {
  readonly limits: Limits;
  readonly limit: MessageLimit;
  readonly decode: (message: Buffer) => Request;
  readonly open: () => RequestHandler<Request>;
}

class StreamReceiver<Request> implements Receiver {
  readonly #call: IncomingCall;
  readonly #options: StreamOptions<Request>;
  readonly #splitter: MessageSplitter;
  readonly #handler: RequestHandler<Request>;
  isWaiting = true;

  constructor(call: IncomingCall, options: StreamOptions<Request>) {
    this.#call = call;
    this.#options = options;
    this.#handler = options.open();
    this.#splitter = new MessageSplitter(options.limit, (message, isCompressed) => this.#take(message, isCompressed));
  }

  data(chunk: Buffer): void {
    this.isWaiting = false;
    this.#orRefuse(() => this.#splitter.add(chunk));
  }

  end(): void {
    this.isWaiting = false;
    this.#orRefuse(() => {
      this.#splitter.end();
      this.#handler.end();
    });
  }

  late(isDeadline: boolean): void {
    this.isWaiting = false;
    this.#call.refuse(lateBy(this.#options.limits)(isDeadline));
  }

  close(): void {
    this.isWaiting = false;
    this.#handler.close();
  }

  #take(message: Buffer, isCompressed: boolean): void {
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
