/** The messages of all methods but ModelInfer and the mesh stream: they are small, and protobufjs reads them, once they were found to be fit for it. */
import * as grpc from '@grpc/grpc-js';
import { asInferError, InferError } from '@sheaf/inference';
import { toStatus } from '../status.ts';
import { stepLimits } from '../step-limits.ts';
import { malformed, WireReader } from '../wire/reader.ts';

/** Stands for a message that its method is not to see. */
class Refused {
  readonly error: InferError;

  constructor(error: InferError) {
    this.error = error;
  }
}

/**
 * A service whose messages are read only when they are small and whole. protobufjs makes an object of each submessage, also of an empty one, and reads a
 * field that claims more bytes than its message has as if it ended with the message. A server needs `refuseMessages` as well.
 */
export function withSmallMessages(service: grpc.ServiceDefinition): grpc.ServiceDefinition {
  const methods = Object.entries(service).map(([name, method]) => {
    const requestDeserialize = (message: Buffer): unknown => {
      try {
        checkSize(message.length);
        const reader = new WireReader(message);
        while (reader.next() !== 0) reader.skip();
        return read(method, message);
      } catch (error) {
        return new Refused(asInferError(error));
      }
    };
    return [name, { ...method, requestDeserialize }];
  });
  return Object.fromEntries(methods);
}

function read(method: grpc.MethodDefinition<unknown, unknown>, message: Buffer): unknown {
  try {
    return method.requestDeserialize(message);
  } catch {
    throw malformed('a field is not of the type that its message has it in');
  }
}

function checkSize(bytes: number): void {
  const { smallMessageBytesMax: limit } = stepLimits;
  if (bytes <= limit) return;
  throw InferError.withoutStack(
    'RESOURCE_EXHAUSTED',
    `the message of the call: want at most ${limit} bytes for this method, got ${bytes}`,
    { reason: 'MESSAGE_TOO_LARGE', metadata: { limit: String(limit), size: String(bytes) }, retryAfterMs: -1 },
  );
}

/** Answers what `withSmallMessages` refuses. grpc-js itself calls whatever it cannot read INTERNAL. */
export const refuseMessages =
  (isSmall: (path: string) => boolean): grpc.ServerInterceptor =>
  (method, call) => {
    // What is on its way all the time, the mesh stream, takes no detour.
    if (!isSmall(method.path)) return call as grpc.ServerInterceptingCall;
    return new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMessage: (message: unknown, pass: (message: unknown) => void) => {
            if (message instanceof Refused) call.sendStatus(toStatus(message.error));
            else pass(message);
          },
        }),
    });
  };
