/** The way of a call into its method: what is no gRPC, is malformed, may not come in or is too much is refused before anything of its message is read. */
import type { ServerStream, StreamHandler } from '@sheaf/http2';
import { InferError, type Limits, type Principal } from '@sheaf/inference';
import { askAgain } from './auth/ask-again.ts';
import { type Admit, authenticate } from './auth/authenticate.ts';
import { type KnowsSecret, wantsSecret } from './auth/mesh-secret.ts';
import { noRoom } from './bytes/byte-room.ts';
import type { BytesInFlight } from './bytes/bytes-in-flight.ts';
import { boundUnread } from './bytes/unread.ts';
import { type CallLog, openFacts } from './call-record.ts';
import type { Connection } from './connections/connection.ts';
import type { LongStreams } from './connections/long-streams.ts';
import { readCallHeaders } from './grpc/call-headers.ts';
import type { MethodServer, ServerMethod } from './grpc/methods.ts';
import { IncomingCall } from './grpc/server-call.ts';
import type { RecordRefusal } from './refusal.ts';

export interface DispatcherOptions {
  readonly limits: Limits;
  readonly bytes: BytesInFlight;
  readonly methods: readonly ServerMethod[];
  /** Asked of every call of a method that there is. Undefined: whoever reaches the server comes in. */
  readonly admit: Admit | undefined;
  /** Asked before all else of a call is looked at. Undefined: nobody needs to know a secret. */
  readonly knowsSecret: KnowsSecret | undefined;
  readonly longStreams: LongStreams;
  readonly record: RecordRefusal;
  /** Told of each call when it has ended. */
  readonly calls: CallLog | undefined;
}

/** Takes each call as it comes; answers who is told what comes of it. */
export type Dispatch = (stream: ServerStream, connection: Connection) => StreamHandler;

export function createDispatcher(options: DispatcherOptions): Dispatch {
  const { limits, bytes, admit, knowsSecret, longStreams, record, calls } = options;
  const server: MethodServer = { limits, bytes };
  const methods = new Map(options.methods.map((method) => [method.path, method]));
  const unread = boundUnread(bytes.unreadBytesMax);

  const enter = (call: IncomingCall, method: ServerMethod | undefined): void => {
    // Of what is wrong with a call, the length of its metadata comes last: a credential that is too long is a bad credential.
    const { size } = call.headers.list;
    if (size > limits.metadataBytesMax) {
      call.refuse(tooLongRefusal(size, limits));
      return;
    }
    if (!method) {
      call.refuse(unknownMethod(call.method));
      return;
    }
    if (method.isLong) {
      const block = call.connection.blockOf(call.address);
      const tooMany = longStreams.enter(block);
      if (tooMany) {
        call.refuse(tooMany);
        return;
      }
      const stop = admit && call.principal ? askAgain(admit, call) : undefined;
      call.onClose = () => {
        longStreams.leave(block);
        stop?.();
      };
    }
    call.connection.letIn(call, method.isLong);
    method.serve(call, server);
  };

  const refuseCaller = (call: IncomingCall, error: unknown): void => {
    record(call, error, 'identity');
    call.refuse(error);
  };

  /** What its caller sends meanwhile waits, up to the window of its stream. */
  const enterLater = async (call: IncomingCall, method: ServerMethod, asked: Promise<Principal>): Promise<void> => {
    call.stream.pause();
    unread.enter(call, () => call.refuse(noRoom()));
    try {
      call.principal = await asked;
    } catch (error) {
      if (!call.isClosed && !call.isAnswered) refuseCaller(call, error);
      return;
    } finally {
      unread.leave(call);
    }
    // It has left meanwhile, or was dropped.
    if (call.isClosed || call.isAnswered) return;
    call.stream.resume();
    enter(call, method);
  };

  const admitCall = (call: IncomingCall, gate: Admit, method: ServerMethod): void => {
    let entry: Principal | Promise<Principal>;
    try {
      entry = authenticate(gate, call);
    } catch (error) {
      refuseCaller(call, error);
      return;
    }
    if (entry instanceof Promise) {
      void enterLater(call, method, entry);
      return;
    }
    call.principal = entry;
    enter(call, method);
  };

  const begin = (call: IncomingCall): void => {
    const { headers } = call;
    if (headers.httpStatus) {
      call.refuseHttp(headers.httpStatus);
      return;
    }
    if (knowsSecret) {
      if (!knowsSecret(call)) {
        call.refuse(wantsSecret);
        return;
      }
      call.hasSecret = true;
    }
    if (headers.malformed) {
      call.refuse(headers.malformed);
      return;
    }
    const method = methods.get(headers.path);
    // Balancers probe with any path: they are told that there is none without a look at who they are.
    if (admit && method) admitCall(call, admit, method);
    else enter(call, method);
  };

  return (stream, connection) => {
    const facts = openFacts(connection.addressOf(stream.headers));
    const call = new IncomingCall(stream, connection, readCallHeaders(stream.headers), facts, calls);
    connection.enter(call);
    begin(call);
    return call;
  };
}

const unknownMethod = (path: string): InferError =>
  InferError.withoutStack('UNIMPLEMENTED', `The server does not implement the method ${path.slice(0, 256)}`, {
    reason: 'METHOD_UNKNOWN',
  });

function tooLongRefusal(bytes: number, { metadataBytesMax: limit }: Limits): InferError {
  return new InferError('RESOURCE_EXHAUSTED', `the metadata takes ${bytes} bytes; the limit is ${limit}`, {
    reason: 'METADATA_TOO_LARGE',
    metadata: { limit: String(limit), size: String(bytes) },
    retryAfterMs: -1,
  });
}
