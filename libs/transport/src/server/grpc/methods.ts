/** Methods of one message each way, and of a stream of answers to one message: over definitions that proto-loader makes. */
import { deadlineExceeded, type InferError, type Limits } from '@sheaf/inference';
import { stepLimits } from '../../step-limits.ts';
import type { BytesInFlight } from '../bytes/bytes-in-flight.ts';
import { headBytes, writeHead } from '../framing.ts';
import { lateRefusal } from '../refusal.ts';
import { decodeSmall } from '../small-messages.ts';
import { type MessageConsumer, UnaryMessage } from '../unary-message.ts';
import type { MethodDefinition } from './method-definition.ts';
import { createResponses, type ResponseStream } from './response-stream.ts';
import type { IncomingCall, ServerCall } from './server-call.ts';
import { SmallRoom, type StreamRoom } from './small-room.ts';

/** What a server answers under one path. */
export interface ServerMethod {
  readonly path: string;
  /** Whether its streams last as long as their callers like. */
  readonly isLong: boolean;
  /** Answers a call that was let in. */
  serve(call: IncomingCall, server: MethodServer): void;
}

/** What methods have in common that stand on one server. */
export interface MethodServer {
  readonly limits: Limits;
  readonly bytes: BytesInFlight;
}

/** Answers a request with one response; what is thrown, or rejected, is the status. */
export type UnaryHandler<Request, Response> = (request: Request, call: ServerCall) => Response | Promise<Response>;

/** `isOptional`: a call without a message is one whose message is empty, as balancers ask for health. */
export function unary<Request, Response>(
  definition: MethodDefinition<Request, Response>,
  handler: UnaryHandler<Request, Response>,
  isOptional = false,
): ServerMethod {
  const serve = (call: IncomingCall, server: MethodServer): void =>
    receiveOne(definition, call, server, isOptional, (request) => {
      const response = handler(request, call);
      if (response instanceof Promise) void answerLater(definition, call, response);
      else answer(definition, call, response);
    });
  return { path: definition.path, isLong: false, serve };
}

/** Answers a request with as many responses as it likes, for as long as it likes; what is thrown is the status. Answers what to do when the stream is over. */
export type ServerStreamingHandler<Request, Response> = (
  request: Request,
  call: ServerCall,
  responses: ResponseStream<Response>,
) => (() => void) | undefined;

export function serverStreaming<Request, Response>(
  definition: MethodDefinition<Request, Response>,
  handler: ServerStreamingHandler<Request, Response>,
  isOptional = false,
): ServerMethod {
  const serve = (call: IncomingCall, server: MethodServer): void => {
    let onClose: (() => void) | undefined;
    const respond = (request: Request, room: StreamRoom): void => {
      call.watchDeadline();
      onClose = handler(request, call, createResponses(definition, call, room));
    };
    receiveOne(definition, call, server, isOptional, respond, () => onClose?.());
  };
  return { path: definition.path, isLong: true, serve };
}

/** Reads the one message of a call; what `take` throws is the status. */
function receiveOne<Request>(
  definition: Pick<MethodDefinition<Request, never>, 'requestDeserialize'>,
  call: IncomingCall,
  { limits, bytes }: MethodServer,
  isOptional: boolean,
  take: (request: Request, room: StreamRoom) => void,
  onClose = (): void => {},
): void {
  const room = new SmallRoom(bytes, call.connection);
  const consumer: MessageConsumer = {
    take: (message) => {
      call.facts.bytesIn = message.length;
      try {
        take(decodeSmall(definition, message), room);
      } catch (error) {
        call.refuse(error);
      }
    },
    fail: (error) => call.refuse(error),
    close: () => {
      room.release();
      onClose();
    },
  };
  const expected = { encoding: call.headers.encoding, limit: smallLimit, room, isOptional, late: lateBy(limits) };
  call.receive(new UnaryMessage(call, expected, consumer));
}

const smallLimit = { messageBytesMax: stepLimits.smallMessageBytesMax };

/** What a caller is told whose message does not come in time. */
export const lateBy =
  (limits: Limits) =>
  (isDeadline: boolean): InferError =>
    isDeadline ? deadlineExceeded('the server') : lateRefusal(limits);

function answer<Response>(
  { responseSerialize }: Pick<MethodDefinition<never, Response>, 'responseSerialize'>,
  call: IncomingCall,
  response: Response,
): void {
  const message = responseSerialize(response);
  const frame = Buffer.allocUnsafe(headBytes + message.length);
  message.copy(frame, headBytes);
  call.facts.bytesOut = message.length;
  call.send(writeHead(frame));
  call.finish();
}

async function answerLater<Response>(
  definition: Pick<MethodDefinition<never, Response>, 'responseSerialize'>,
  call: IncomingCall,
  response: Promise<Response>,
): Promise<void> {
  call.watchDeadline();
  try {
    answer(definition, call, await response);
  } catch (error) {
    call.refuse(error);
  }
}
