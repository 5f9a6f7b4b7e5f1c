import type * as grpc from '@grpc/grpc-js';
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
import { checkName, checkVersion, decodeRequest, encodeResponse, isTyped } from './codec.ts';
import type { Served } from './door.ts';
import type { GRPCInferenceServiceHandlers } from './generated/inference/GRPCInferenceService.ts';
import type { ModelInferRequest__Output } from './generated/inference/ModelInferRequest.ts';
import type { ModelInferResponse } from './generated/inference/ModelInferResponse.ts';
import { toStatus } from './status.ts';

export interface HandlerOptions {
  readonly name: string;
  readonly limits: Limits;
  readonly isOpen: () => boolean;
}

/** The server's version, as ServerMetadata answers. */
const serverVersion = '0.1.0';

type Callback<Response> = (error: Partial<grpc.StatusObject> | null, response?: Response) => void;

/** A method whose answer is at hand. */
const immediate =
  <Request, Response>(answer: (request: Request) => Response) =>
  (call: { request: Request }, callback: Callback<Response>): void => {
    try {
      callback(null, answer(call.request));
    } catch (error) {
      callback(toStatus(error));
    }
  };

export function handlers(options: HandlerOptions, served: Served): GRPCInferenceServiceHandlers {
  const { name, limits, isOpen } = options;
  const checked = <T extends { name: string; version: string }>(request: T): T => {
    checkName('name', request.name, limits);
    checkVersion('version', request.version);
    return request;
  };
  return {
    ServerLive: immediate(() => ({ live: true })),
    ServerReady: immediate(() => ({ ready: isOpen() })),
    ServerMetadata: immediate(() => ({ name: `sheaf-${name}`, version: serverVersion, extensions: [] })),
    ModelReady: immediate((request: { name: string; version: string }) => {
      checked(request);
      return { ready: isOpen() && served.isReady(request.name, request.version) };
    }),
    ModelMetadata: immediate((request: { name: string; version: string }) => {
      checked(request);
      const { name: model, versions, platform, inputs, outputs } = served.describe(request.name, request.version);
      const wire = (specs: typeof inputs) => specs.map((spec) => ({ ...spec, shape: [...spec.shape] }));
      return { name: model, versions: [...versions], platform, inputs: wire(inputs), outputs: wire(outputs) };
    }),
    ModelInfer: modelInfer(options, served),
  };
}

function modelInfer(
  { name, limits, isOpen }: HandlerOptions,
  served: Served,
): GRPCInferenceServiceHandlers['ModelInfer'] {
  let calls = 0;
  return async (call, callback) => {
    const controller = new AbortController();
    const context = contextOf(call, controller.signal, name, limits, served);
    let answered = false;
    // grpc-js reports `cancelled` after every call, also after one that was answered.
    call.on('cancelled', () => {
      if (!answered) controller.abort();
    });
    const { journal, span } = context;
    calls++;
    try {
      if (!isOpen())
        throw new InferError('UNAVAILABLE', 'the server is not ready', { reason: 'NOT_READY', retryAfterMs: 100 });
      if (calls > limits.concurrentCallsMax) {
        const message = `${limits.concurrentCallsMax} calls are already being answered`;
        throw new InferError('UNAVAILABLE', message, { reason: 'OVERLOADED', retryAfterMs: 50 });
      }
      const response = await answer(call.request, context, limits, served);
      answered = true;
      journal.end(span, 'OK', undefined, { model: call.request.modelName });
      callback(null, response);
    } catch (error) {
      answered = true;
      const { code, message } = asInferError(error);
      journal.end(span, code, message);
      callback(toStatus(error));
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
  call: grpc.ServerUnaryCall<ModelInferRequest__Output, unknown>,
  signal: AbortSignal,
  name: string,
  limits: Limits,
  served: Served,
): CallContext {
  const journal = new Journal();
  const [traceparent] = call.metadata.get('traceparent');
  const parent = parseTraceparent(typeof traceparent === 'string' ? traceparent : undefined);
  const span = journal.start('request', `${name} ModelInfer`, parent);
  const deadline = monotonicClock.now() + budgetMs(call.getDeadline(), limits);
  return { deadline, signal, clock: monotonicClock, snapshot: served.snapshot(), journal, span };
}

/** The caller's time, at most the limit; the default when it names none. */
function budgetMs(deadline: Date | number, { deadlineDefaultMs, deadlineMaxMs }: Limits): number {
  const given = Number(deadline) - Date.now();
  return Number.isFinite(given) ? Math.min(given, deadlineMaxMs) : deadlineDefaultMs;
}
