/** One gRPC call to another server. What it refused without having looked at it is asked again at once. */
import {
  abortReason,
  type CallContext,
  InferError,
  type InferRequest,
  type Propagation,
  remainingMs,
  w3cPropagation,
} from '@sheaf/inference';
import { inferPath } from '../proto.ts';
import { type Failure, fromStatus } from '../status.ts';
import { encodeRequest } from '../wire/codec.ts';
import type { Done, GrpcClient } from './grpc-client.ts';

/**
 * A server that says goodbye (GOAWAY: at its connections' maximum age, or before it ends) processes no stream that came after that, and says so. Another
 * connection takes such a call, as gRFC A6 has it with its transparent retries. Not by those of grpc-js: they leave out what a failed write tells, and keep
 * a copy of each message.
 */
const refusedMax = 5;

/**
 * In the words of grpc-js, which keeps to itself what it knows beside them: the stream was refused, its message could not be written any more since it was
 * refused, it could not be opened.
 */
const refusedWords =
  /^(Stream refused by server$|Write error: .*NGHTTP2_REFUSED_STREAM$|Failed to start HTTP\/2 stream )/;

/** Whether no code of the server has seen the call. */
const isRefused = ({ details, isRefused = refusedWords.test(details) }: Failure): boolean => isRefused;

/** Asks, until it was not refused unseen. */
async function call(service: string, start: (done: Done<Buffer>) => unknown): Promise<Buffer> {
  for (let refused = 0; ; refused++) {
    const { promise, resolve } = Promise.withResolvers<{ answer: Buffer } | { failure: Failure }>();
    start((failure, answer) => resolve(answer === undefined ? { failure: failure as Failure } : { answer }));
    const outcome = await promise;
    if ('answer' in outcome) return outcome.answer;
    const { failure } = outcome;
    if (refused === refusedMax || !isRefused(failure)) throw fromStatus(failure, service);
  }
}

/** How a method's messages are written and read, as proto-loader has it. */
export interface Method<Request, Response> {
  readonly path: string;
  requestSerialize(request: Request): Buffer;
  responseDeserialize(message: Buffer): Response;
}

export interface AskOptions {
  readonly client: GrpcClient;
  /** Names the server in errors. */
  readonly service: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly timeoutMs: number;
}

/** A question with a time of its own. Throws InferError. */
export async function askOne<Request, Response>(
  { path, requestSerialize, responseDeserialize }: Method<Request, Response>,
  request: Request,
  { client, service, metadata, timeoutMs }: AskOptions,
): Promise<Response> {
  const question = { path, message: requestSerialize(request), metadata, deadline: Date.now() + timeoutMs };
  const answer = await call(service, (done) => client.ask(question, done));
  try {
    return responseDeserialize(answer);
  } catch (cause) {
    throw answerInvalid(service, cause);
  }
}

/** A server that does not speak the protocol is its own mistake, never the caller's. */
export function answerInvalid(service: string, cause: unknown): InferError {
  const why = cause instanceof InferError ? `: ${cause.message}` : '';
  return new InferError('INTERNAL', `service ${service} gave an answer that is not valid${why}`, {
    reason: 'ANSWER_INVALID',
    cause,
  });
}

export interface UnaryOptions {
  readonly client: GrpcClient;
  readonly service: string;
  /** Of this call alone. */
  readonly metadata: ReadonlyMap<string, string>;
  /** How long it still listens after its deadline. Milliseconds. */
  readonly listenMs: number;
  /** In which headers the server is told of the trace. Default: those of W3C. */
  readonly propagation?: Propagation | undefined;
}

/** One inference with the context's deadline, trace and cancellation. */
export async function unary(
  { client, service, metadata, listenMs, propagation = w3cPropagation }: UnaryOptions,
  request: InferRequest,
  context: CallContext,
): Promise<Buffer> {
  const { signal, span, baggage, attempt = 1 } = context;
  if (signal.aborted) throw abortReason(signal);
  const remaining = remainingMs(context);
  if (remaining <= 0) throw new InferError('DEADLINE_EXCEEDED', `no time was left to ask service ${service}`);
  const sent = new Map(metadata);
  propagation.inject(span, sent);
  // A server may be sent all of it as the caller wrote it (`forward` in mesh.yaml), or another one.
  if (baggage && propagation.hasBaggage && !sent.has('baggage')) sent.set('baggage', baggage);
  if (attempt > 1) sent.set('grpc-previous-rpc-attempts', String(attempt - 1));
  // With a deadline of its own the client would not hear an answer that comes at that very moment.
  if (listenMs > 0) sent.set('grpc-timeout', `${Math.ceil(remaining)}m`);
  // Clocks are read in whole milliseconds: without one more the server could be told of less time than is left.
  const deadline = listenMs > 0 ? {} : { deadline: Date.now() + 1 + remaining };
  const question = { path: inferPath, message: encodeRequest(request), metadata: sent, ...deadline };
  let cancel = (): void => {};
  let isLate = false;
  const onAbort = (): void => cancel();
  const giveUp = (): void => {
    isLate = true;
    cancel();
  };
  const stopListening = listenMs > 0 ? context.clock.after(remaining + listenMs, giveUp) : () => {};
  signal.addEventListener('abort', onAbort);
  try {
    return await call(service, (done) => {
      const asked = client.ask(question, done);
      cancel = () => asked.cancel();
      // It may have been left between two tries.
      if (signal.aborted || isLate) cancel();
    });
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    // Nobody here has cancelled it: the server has, since its timer ran out before ours.
    const isTimedOut = error instanceof InferError && error.code === 'CANCELLED' && remainingMs(context) <= 0;
    throw isLate || isTimedOut ? late(service) : error;
  } finally {
    stopListening();
    signal.removeEventListener('abort', onAbort);
  }
}

const late = (service: string): InferError =>
  new InferError('DEADLINE_EXCEEDED', `service ${service} did not answer before the deadline`);
