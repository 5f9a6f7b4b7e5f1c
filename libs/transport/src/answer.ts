import {
  abortReason,
  asInferError,
  type CallContext,
  checkAlive,
  InferError,
  Journal,
  type Limits,
  monotonicClock,
  parseTraceparent,
} from '@sheaf/inference';
import { decodeRequest, encodeResponse, isTyped } from './codec.ts';
import type { Served } from './door.ts';
import type { ModelInferRequest__Output } from './generated/inference/ModelInferRequest.ts';
import type { ModelInferResponse } from './generated/inference/ModelInferResponse.ts';

export interface AnswerOptions {
  readonly name: string;
  readonly limits: Limits;
  readonly isOpen: () => boolean;
}

/** What comes with a request, however it came. */
export interface Arrival {
  /** Milliseconds that the caller gives it; not finite when it names none. */
  readonly givenMs: number;
  /** A W3C traceparent, or anything. */
  readonly traceparent: unknown;
  /** Aborted when the caller leaves. */
  readonly signal: AbortSignal;
}

/** Answers one request as it stands on the wire; throws InferError. */
export type Answer = (wire: ModelInferRequest__Output, arrival: Arrival) => Promise<ModelInferResponse>;

/** What every way into a door has in common: the limits, the deadline, the journal. */
export function createAnswer({ name, limits, isOpen }: AnswerOptions, served: Served): Answer {
  let calls = 0;
  return async (wire, arrival) => {
    const context = contextOf(arrival, name, limits, served);
    const { journal, span } = context;
    calls++;
    try {
      if (!isOpen())
        throw new InferError('UNAVAILABLE', 'the server is not ready', {
          reason: 'NOT_READY',
          metadata: { may_have_begun: 'false' },
          retryAfterMs: 100,
        });
      if (calls > limits.concurrentCallsMax) {
        const message = `${limits.concurrentCallsMax} calls are already being answered`;
        throw new InferError('UNAVAILABLE', message, { reason: 'OVERLOADED', retryAfterMs: 50 });
      }
      const response = await answer(wire, context, limits, served);
      journal.end(span, 'OK', undefined, { model: wire.modelName });
      return response;
    } catch (error) {
      const { code, message } = asInferError(error);
      journal.end(span, code, message);
      throw error;
    } finally {
      calls--;
      served.onJournal(journal);
    }
  };
}

async function answer(
  wire: ModelInferRequest__Output,
  context: CallContext,
  limits: Limits,
  served: Served,
): Promise<ModelInferResponse> {
  checkAlive(context, 'the door');
  const request = decodeRequest(wire, limits);
  const response = await served.infer(request, context);
  if (context.signal.aborted) throw abortReason(context.signal);
  const bytes = response.outputs.reduce((total, { data }) => total + data.byteLength, 0);
  if (bytes > limits.messageBytesMax) {
    throw new InferError(
      'RESOURCE_EXHAUSTED',
      `the outputs take ${bytes} bytes; a message may take ${limits.messageBytesMax}`,
      {
        reason: 'MESSAGE_TOO_LARGE',
        metadata: { limit: String(limits.messageBytesMax), size: String(bytes) },
      },
    );
  }
  return encodeResponse(response, request.id, isTyped(wire));
}

function contextOf(
  { givenMs, traceparent, signal }: Arrival,
  name: string,
  limits: Limits,
  served: Served,
): CallContext {
  const journal = new Journal();
  const parent = parseTraceparent(typeof traceparent === 'string' ? traceparent : undefined);
  const span = journal.start('request', `${name} ModelInfer`, parent);
  // The caller's time, at most the limit; the default when it names none.
  const budgetMs = Number.isFinite(givenMs) ? Math.min(givenMs, limits.deadlineMaxMs) : limits.deadlineDefaultMs;
  const deadline = monotonicClock.now() + budgetMs;
  return { deadline, signal, clock: monotonicClock, snapshot: served.snapshot(), journal, span };
}
