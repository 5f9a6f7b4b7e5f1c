/** One gRPC call to another server. What it refused without having looked at it is asked again at once. */
import type * as grpc from '@grpc/grpc-js';
import {
  abortReason,
  type CallContext,
  formatTraceparent,
  InferError,
  type InferRequest,
  remainingMs,
} from '@sheaf/inference';
import { inferPath, modelInfer } from '../proto.ts';
import { type Failure, fromStatus } from '../status.ts';
import { encodeRequest } from '../wire/codec.ts';
import { singleAnswer } from './call.ts';
import { failureOf } from './call-status.ts';
import type { Channel } from './channel.ts';
import { fieldsOf } from './sent.ts';

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

type Done<Response> = (error: Failure | null, response?: Response) => void;

async function call<Response>(service: string, start: (done: Done<Response>) => unknown): Promise<Response> {
  for (let refused = 0; ; refused++) {
    const { promise, resolve } = Promise.withResolvers<{ response: Response } | { failure: Failure }>();
    start((error, response) => {
      if (error || response === undefined) resolve({ failure: error as Failure });
      else resolve({ response });
    });
    const answer = await promise;
    if ('response' in answer) return answer.response;
    const { failure } = answer;
    if (refused === refusedMax || !isRefused(failure)) throw fromStatus(failure, service);
  }
}

/** A question with a time of its own. */
export function control<Response>(
  service: string,
  timeoutMs: number,
  start: (options: grpc.CallOptions, done: Done<Response>) => unknown,
): Promise<Response> {
  const deadline = Date.now() + timeoutMs;
  return call<Response>(service, (done) => start({ deadline }, done));
}

/** Begins a ModelInfer, and tells `done` its answer. */
export type StartInfer = (
  request: Buffer,
  metadata: grpc.Metadata,
  options: { readonly deadline?: number },
  done: Done<Buffer>,
) => { cancel(): void };

/** Any server, by grpc-js. */
export const inferBy =
  (client: () => grpc.Client): StartInfer =>
  (request, metadata, options, done) =>
    modelInfer(client(), request, metadata, options, done);

/** One of ours, on a connection of ours. */
export const inferOn =
  (channel: Channel, messageBytesMax: number): StartInfer =>
  (request, metadata, { deadline }, done) => {
    const timeoutMs = deadline === undefined ? undefined : deadline - Date.now();
    const answer = singleAnswer((status, message) => (message ? done(null, message) : done(failureOf(status))));
    const call = channel.start({ path: inferPath, metadata: fieldsOf(metadata), timeoutMs, messageBytesMax }, answer);
    call.send(request);
    call.end();
    return call;
  };

export interface Asked {
  readonly start: StartInfer;
  readonly service: string;
  /** Of this call alone. */
  readonly metadata: grpc.Metadata;
  /** How long it still listens after its deadline. Milliseconds. */
  readonly listenMs: number;
}

/** One inference with the context's deadline, trace and cancellation. */
export async function unary(
  { start, service, metadata, listenMs }: Asked,
  request: InferRequest,
  context: CallContext,
): Promise<Buffer> {
  const { signal, span, baggage, attempt = 1 } = context;
  if (signal.aborted) throw abortReason(signal);
  const remaining = remainingMs(context);
  if (remaining <= 0) throw new InferError('DEADLINE_EXCEEDED', `no time was left to ask service ${service}`);
  metadata.set('traceparent', formatTraceparent(span));
  if (span.state) metadata.set('tracestate', span.state);
  // A server may be sent all of it as the caller wrote it (`forward` in mesh.yaml), or another one.
  if (baggage && metadata.get('baggage').length === 0) metadata.set('baggage', baggage);
  if (attempt > 1) metadata.set('grpc-previous-rpc-attempts', String(attempt - 1));
  // With a deadline of its own the client would not hear an answer that comes at that very moment.
  if (listenMs > 0) metadata.set('grpc-timeout', `${Math.ceil(remaining)}m`);
  // Clocks are read in whole milliseconds: without one more the server could be told of less time than is left.
  const options = listenMs > 0 ? {} : { deadline: Date.now() + 1 + remaining };
  const message = encodeRequest(request);
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
    return await call<Buffer>(service, (done) => {
      const asked = start(message, metadata, options, done);
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
