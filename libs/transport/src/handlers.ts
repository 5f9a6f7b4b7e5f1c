import type * as grpc from '@grpc/grpc-js';
import { Journal, type Limits, type Load, monotonicClock, parseTraceparent } from '@sheaf/inference';
import type { Admissions } from './admission.ts';
import type { Answer } from './answer.ts';
import type { Served } from './door.ts';
import type { GRPCInferenceServiceHandlers } from './generated/inference/GRPCInferenceService.ts';
import { loadReport, loadReportKey } from './load-report.ts';
import { noTrailers, type Trailers, toMetadata, toStatus } from './status.ts';
import { tellIds } from './trailers.ts';
import { checkName, checkVersion, encodeResponse } from './wire/codec.ts';

export interface HandlerOptions {
  readonly name: string;
  readonly limits: Limits;
  readonly isOpen: () => boolean;
  /** Undefined: nobody was asked who they are. */
  readonly admissions: Admissions | undefined;
}

/** The server's version, as ServerMetadata answers. */
const serverVersion = '0.1.0';

type Callback<Response> = (
  error: Partial<grpc.StatusObject> | null,
  response?: Response,
  trailers?: grpc.Metadata,
) => void;

/** A method whose answer is at hand; `trailersOf` is what the caller is told beside it. */
const immediately =
  (trailersOf: (metadata: grpc.Metadata) => Trailers) =>
  <Request, Response>(answer: (request: Request, metadata: grpc.Metadata) => Response) =>
  (call: { request: Request; metadata: grpc.Metadata }, callback: Callback<Response>): void => {
    const trailers = trailersOf(call.metadata);
    try {
      callback(null, answer(call.request, call.metadata), toMetadata(trailers));
    } catch (error) {
      callback(toStatus(error, trailers));
    }
  };

function idsFor(metadata: grpc.Metadata): Trailers {
  const text = (key: string): string | undefined => metadata.get(key)[0]?.toString();
  const trailers = new Map<string, string>();
  const span = new Journal().start('request', 'control', parseTraceparent(text('traceparent')));
  tellIds(trailers, text('x-request-id'), span);
  return trailers;
}

/** ModelInfer comes and goes as it stands on the wire. */
type Handlers = Omit<GRPCInferenceServiceHandlers, 'ModelInfer'> & {
  readonly ModelInfer: grpc.handleUnaryCall<Buffer, Buffer>;
};

/** The six calls of the Open Inference Protocol. */
export function handlers(options: HandlerOptions, served: Served, answer: Answer): Handlers {
  const { name, limits, isOpen, admissions } = options;
  const immediate = immediately(admissions ? idsFor : () => noTrailers);
  const checked = <T extends { name: string; version: string }>(request: T): T => {
    checkName('name', request.name, limits);
    checkVersion('version', request.version);
    return request;
  };
  return {
    ServerLive: immediate(() => ({ live: true })),
    ServerReady: immediate(() => ({ ready: isOpen() })),
    ServerMetadata: immediate(() => ({ name: `sheaf-${name}`, version: serverVersion, extensions: [] })),
    ModelReady: immediate((request: { name: string; version: string }, metadata) => {
      checked(request);
      const principal = admissions?.principalOf(metadata);
      return { ready: isOpen() && served.isReady(request.name, request.version, principal) };
    }),
    ModelMetadata: immediate((request: { name: string; version: string }, metadata) => {
      checked(request);
      const principal = admissions?.principalOf(metadata);
      const described = served.describe(request.name, request.version, principal);
      const { name: model, versions, platform, inputs, outputs } = described;
      const wire = (specs: typeof inputs) => specs.map((spec) => ({ ...spec, shape: [...spec.shape] }));
      return { name: model, versions: [...versions], platform, inputs: wire(inputs), outputs: wire(outputs) };
    }),
    ModelInfer: modelInfer(answer, admissions),
  };
}

/** Good answers tell the load no more often than this: it costs a tenth of a small call, and whoever reads it takes the mean. */
const reportIntervalMs = 50;

function modelInfer(answer: Answer, admissions: Admissions | undefined): Handlers['ModelInfer'] {
  let reportedAt = Number.NEGATIVE_INFINITY;
  const isDue = (): boolean => {
    const now = monotonicClock.now();
    if (now - reportedAt < reportIntervalMs) return false;
    reportedAt = now;
    return true;
  };
  return async (call, callback) => {
    const controller = new AbortController();
    let answered = false;
    // grpc-js reports `cancelled` after every call, also after one that was answered.
    call.on('cancelled', () => {
      if (!answered) controller.abort();
    });
    const [traceparent] = call.metadata.get('traceparent');
    const givenMs = Number(call.getDeadline()) - Date.now();
    const metadata = (key: string): string | undefined => call.metadata.get(key)[0]?.toString();
    const trailers = new Map<string, string>();
    const principal = admissions?.principalOf(call.metadata);
    let load: Load | undefined;
    const onLoad = (told: Load): void => {
      load = told;
    };
    const arrival = { givenMs, traceparent, signal: controller.signal, metadata, trailers, onLoad };
    try {
      const outcome = await answer(call.request, principal ? { ...arrival, caller: { principal } } : arrival);
      answered = true;
      const report = load && isDue() ? loadReport(load) : undefined;
      const told = trailers.size > 0 || report ? toMetadata(trailers) : undefined;
      if (told && report) told.set(loadReportKey, report);
      callback(null, encodeResponse(outcome), told);
    } catch (error) {
      answered = true;
      const status = toStatus(error, trailers);
      if (load) status.metadata?.set(loadReportKey, loadReport(load));
      callback(status);
    }
  };
}
