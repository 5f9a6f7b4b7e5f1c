/** The way of a call into its method: what is no gRPC, is malformed, may not come in or is too much is refused before anything of its message is read. */
import type { ServerStream, StreamHandler } from '@sheaf/http2';
import { InferError, type Limits, type Principal, trustedCaller } from '@sheaf/inference';
import { askAgain } from './auth/ask-again.ts';
import { type Admit, authenticate } from './auth/authenticate.ts';
import { type KnowsSecret, wantsSecret } from './auth/secret-check.ts';
import { noRoom } from './bytes/byte-room.ts';
import type { BytesInFlight } from './bytes/bytes-in-flight.ts';
import { boundUnread, type Unread } from './bytes/unread.ts';
import { type CallLog, openFacts } from './call-record.ts';
import type { Connection } from './connections/connection.ts';
import type { LongStreams } from './connections/long-streams.ts';
import { readCallHeaders } from './grpc/call-headers.ts';
import type { ServerMethod } from './grpc/methods.ts';
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
  const dispatcher = new Dispatcher(options);
  return (stream, connection) => dispatcher.dispatch(stream, connection);
}

class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #methods: ReadonlyMap<string, ServerMethod>;
  readonly #unread: Unread;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#methods = new Map(options.methods.map((method) => [method.path, method]));
    this.#unread = boundUnread(options.bytes.unreadBytesMax);
  }

  dispatch(stream: ServerStream, connection: Connection): StreamHandler {
    const facts = openFacts(connection.addressOf(stream.headers));
    const call = new IncomingCall(stream, connection, readCallHeaders(stream.headers), facts, this.#options.calls);
    connection.enter(call);
    this.#begin(call);
    return call;
  }

  #begin(call: IncomingCall): void {
    const { knowsSecret, admit } = this.#options;
    const { httpStatus, malformed, path } = call.headers;
    if (httpStatus) {
      call.refuseHttp(httpStatus);
      return;
    }
    call.hasSecret = knowsSecret !== undefined;
    if (knowsSecret && !knowsSecret(call)) {
      call.refuse(wantsSecret);
      return;
    }
    if (malformed) {
      call.refuse(malformed);
      return;
    }
    const method = this.#methods.get(path);
    // Balancers probe with any path: they are told that there is none without a look at who they are.
    if (admit && method) this.#admit(call, admit, method);
    else {
      if (!admit) call.principal = trustedCaller;
      this.#enter(call, method);
    }
  }

  #admit(call: IncomingCall, admit: Admit, method: ServerMethod): void {
    let entry: Principal | Promise<Principal>;
    try {
      entry = authenticate(admit, call);
    } catch (error) {
      this.#refuseCaller(call, error);
      return;
    }
    if (entry instanceof Promise) void this.#enterLater(call, method, entry);
    else {
      call.principal = entry;
      this.#enter(call, method);
    }
  }

  /** What its caller sends meanwhile waits, up to the window of its stream. */
  async #enterLater(call: IncomingCall, method: ServerMethod, asked: Promise<Principal>): Promise<void> {
    call.stream.pause();
    this.#unread.enter(call, () => call.refuse(noRoom()));
    try {
      call.principal = await asked;
    } catch (error) {
      if (!call.isClosed && !call.isAnswered) this.#refuseCaller(call, error);
      return;
    } finally {
      this.#unread.leave(call);
    }
    // It has left meanwhile, or was dropped.
    if (call.isClosed || call.isAnswered) return;
    call.stream.resume();
    this.#enter(call, method);
  }

  #refuseCaller(call: IncomingCall, error: unknown): void {
    this.#options.record(call, error, 'identity');
    call.facts.decision = 'identity';
    call.refuse(error);
  }

  #enter(call: IncomingCall, method: ServerMethod | undefined): void {
    const { size } = call.headers.list;
    // Of what is wrong with a call, the length of its metadata comes last: a credential that is too long is a bad credential.
    if (size > this.#options.limits.metadataBytesMax) call.refuse(tooLongRefusal(size, this.#options.limits));
    else if (!method) call.refuse(unknownMethod(call.method));
    else if (!method.isLong || this.#stay(call)) this.#serve(call, method);
  }

  /** A mistake of ours ends the call, and neither the process nor others. */
  #serve(call: IncomingCall, method: ServerMethod): void {
    try {
      call.connection.letIn(call, method.isLong);
      method.serve(call, this.#options);
    } catch (error) {
      call.refuse(error);
    }
  }

  /** Of a stream that lasts as long as its caller likes: answers whether there may be another one. */
  #stay(call: IncomingCall): boolean {
    const { longStreams, admit } = this.#options;
    const block = call.connection.blockOf(call.address);
    const tooMany = longStreams.enter(block);
    if (tooMany) {
      call.refuse(tooMany);
      return false;
    }
    const stopAsking = admit && askAgain(admit, call);
    call.onClose = () => {
      longStreams.leave(block);
      stopAsking?.();
    };
    return true;
  }
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
