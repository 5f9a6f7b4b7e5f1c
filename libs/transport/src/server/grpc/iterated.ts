/** Methods whose handlers take and give messages one after the other, as async iterables: nobody is ahead of who takes. */
import { InferError } from '@sheaf/inference';
import { createMessageQueue } from '../../message-queue.ts';
import type { MethodDefinition } from './method-definition.ts';
import { type ServerMethod, serverStreaming } from './methods.ts';
import type { ResponseStream } from './response-stream.ts';
import type { ServerCall } from './server-call.ts';
import { streaming } from './streaming.ts';

/** What is known of a stream's caller, and whether it is still there. */
export interface StreamCall extends Pick<ServerCall, 'principal'> {
  /** Aborted when the stream is over, whatever ended it. */
  readonly signal: AbortSignal;
}

const streamOver = (): InferError => InferError.withoutStack('CANCELLED', 'the caller has left');

/** One request, and answers for as long as the handler has some. */
export function iteratedAnswers<Request, Response>(
  definition: MethodDefinition<Request, Response>,
  handler: (request: Request, call: StreamCall) => AsyncIterable<Response>,
): ServerMethod {
  return serverStreaming(definition, (request, { principal }, responses) => {
    const canceller = new AbortController();
    void answerEach(() => handler(request, { principal, signal: canceller.signal }), responses, canceller.signal);
    return () => canceller.abort(streamOver());
  });
}

/** Requests and answers, both for as long as there are some. A caller who brings more than is taken is paused. */
export function iterated<Request, Response>(
  definition: MethodDefinition<Request, Response>,
  handler: (requests: AsyncIterable<Request>, call: StreamCall) => AsyncIterable<Response>,
): ServerMethod {
  return streaming(definition, ({ principal }, responses) => {
    const canceller = new AbortController();
    const requests = createMessageQueue<Request>({ onFull: responses.pause, onEmpty: responses.resume });
    const call: StreamCall = { principal, signal: canceller.signal };
    // The call is not ready to be answered before this handler is known.
    queueMicrotask(() => void answerEach(() => handler(requests, call), responses, canceller.signal));
    return {
      message: requests.push,
      end: requests.end,
      close: () => {
        requests.fail(streamOver());
        canceller.abort(streamOver());
      },
    };
  });
}

async function answerEach<Response>(
  answers: () => AsyncIterable<Response>,
  responses: ResponseStream<Response>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const answer of answers()) {
      if (signal.aborted) return;
      await written(responses, answer, signal);
    }
    responses.end();
  } catch (error) {
    responses.fail(error);
  }
}

/** Until the answer has been handed to the socket, or nobody waits for it. */
function written<Response>(responses: ResponseStream<Response>, answer: Response, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    responses.write(answer, done);
  });
}
