import type * as grpc from '@grpc/grpc-js';
import { Journal, type Limits, parseTraceparent } from '@sheaf/inference';
import { contentExtension } from '../content-extension.ts';
import type { GRPCInferenceServiceHandlers } from '../generated/inference/GRPCInferenceService.ts';
import { noTrailers, type Trailers, toMetadata, toStatus } from '../status.ts';
import { writeSpec } from '../tensor-metadata.ts';
import { checkName, checkVersion } from '../wire/codec.ts';
import type { Admissions } from './auth/admission.ts';
import type { Backend } from './server.ts';
import { tellIds } from './trailers.ts';

export interface HandlerOptions {
  readonly name: string;
  readonly limits: Limits;
  readonly isReady: () => boolean;
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

/** The calls of the Open Inference Protocol that grpc-js carries: all but ModelInfer. */
type Handlers = Omit<GRPCInferenceServiceHandlers, 'ModelInfer'>;

export function handlers(options: HandlerOptions, served: Backend): Handlers {
  const { name, limits, isReady, admissions } = options;
  const extensions = served.contentDigest === undefined ? [] : [contentExtension(served.contentDigest)];
  const immediate = immediately(admissions ? idsFor : () => noTrailers);
  const checked = (request: { name: string; version: string }, metadata: grpc.Metadata): void => {
    checkName('name', request.name, limits);
    checkVersion('version', request.version);
    admissions?.noteModel(metadata, request.name, request.version);
  };
  return {
    ServerLive: immediate(() => ({ live: true })),
    ServerReady: immediate(() => ({ ready: isReady() })),
    ServerMetadata: immediate(() => ({ name: `sheaf-${name}`, version: serverVersion, extensions })),
    ModelReady: immediate((request: { name: string; version: string }, metadata) => {
      checked(request, metadata);
      const principal = admissions?.principalOf(metadata);
      return { ready: isReady() && served.isReady(request.name, request.version, principal) };
    }),
    ModelMetadata: immediate((request: { name: string; version: string }, metadata) => {
      checked(request, metadata);
      const principal = admissions?.principalOf(metadata);
      const described = served.describe(request.name, request.version, principal);
      const { name: model, versions, platform, inputs, outputs, properties = [] } = described;
      return {
        name: model,
        versions: [...versions],
        platform,
        inputs: inputs.map(writeSpec),
        outputs: outputs.map(writeSpec),
        properties: Object.fromEntries(properties),
      };
    }),
  };
}
