/** Another server as an Infer: any that speaks the Open Inference Protocol. */
import type * as grpc from '@grpc/grpc-js';
import {
  abortReason,
  type CallContext,
  explanationParameter,
  formatTraceparent,
  type Infer,
  InferError,
  type InferRequest,
  type InferResponse,
  type Limits,
  type Load,
  type ModelDescription,
  type Overrun,
  parseExplanation,
  remainingMs,
  rowCount,
  traced,
} from '@sheaf/inference';
import { digestIn } from './content-extension.ts';
import type { ModelMetadataResponse__Output } from './generated/inference/ModelMetadataResponse.ts';
import type { ServerMetadataResponse__Output } from './generated/inference/ServerMetadataResponse.ts';
import { type ChannelTo, watchHealth } from './health.ts';
import { InferenceClient, modelInfer } from './proto.ts';
import { openRemoteTls } from './remote-tls.ts';
import { fromStatus, toMetadata } from './status.ts';
import { readSpec } from './tensor-metadata.ts';
import type { RemoteTls } from './tls.ts';
import { MeshConnection } from './transports/mesh-client.ts';
import { decodeResponse, encodeRequest } from './wire/codec.ts';

export interface Remote {
  readonly infer: Infer;
  /** Asks for metadata; throws InferError. */
  describe(model: string, version: string, timeoutMs: number): Promise<ModelDescription>;
  isServerReady(timeoutMs: number): Promise<boolean>;
  /** The digest of what a service of ours holds; undefined of a server that tells none. Throws InferError. */
  contentDigest(timeoutMs: number): Promise<string | undefined>;
  /** Tells whether the server is ready, from now on, whenever that changes; what it answers ends it. */
  watchReady(onReady: (ready: boolean) => void): () => void;
  close(): void;
}

/** How calls travel: each as a gRPC call of its own, which every server understands, or on the mesh stream, which ours do. */
export type Transport = 'unary' | 'stream';

/** A frame is a message with something around it. */
const frameBytesMax = 64 * 1024;
/** Larger requests take a connection of their own, so that they do not hold up small ones: streams of one share its flow-control window. */
const largeBytes = 64 * 1024;

export interface RemoteOptions {
  /** Names the server in errors and spans. */
  readonly service: string;
  readonly limits: Limits;
  /** Default `unary`. */
  readonly transport?: Transport;
  /** Told what the server says of its load, with each answer that says something, good or bad. */
  readonly onLoad?: (load: Load, model: string) => void;
  /** Told of a run for which the server's process ends, whoever asked for it; more than once. On the mesh stream only. */
  readonly onOverrun?: ((overrun: Overrun) => void) | undefined;
  /** Metadata of each call that goes as a unary one, and of questions for what the server is; keys in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Without it the connections are plain text. `{}` trusts the roots of Node. */
  readonly tls?: RemoteTls | undefined;
}

/** `target` is a gRPC target such as `127.0.0.1:8001` or `dns:///triton:8001`. */
export function createRemote(
  target: string,
  { service, limits, transport, onLoad, onOverrun, metadata = {}, tls }: RemoteOptions,
): Remote {
  const options = channelOptions(limits, tls);
  const secured = openRemoteTls(service, tls);
  const channel: ChannelTo = { target, credentials: secured.credentials, options };
  const client = new InferenceClient(target, secured.credentials, options);
  const sent = toMetadata(new Map(Object.entries(metadata)));
  const asked = { client, service, metadata: sent };
  const lanes =
    transport === 'stream'
      ? createLanes(channel, service, limits.messageBytesMax - frameBytesMax, onOverrun)
      : undefined;
  const send = (request: InferRequest, context: CallContext): Promise<Buffer> => {
    const lane = lanes?.pick(bytesOf(request));
    if (!lane) return unary(asked, request, context);
    return lane.call(request, context, (load) => {
      onLoad?.(load, request.model);
      context.journal.mark(context.span, { 'sheaf.cost_ms': costMs(load, request) });
    });
  };
  const isServerReady = (timeoutMs: number): Promise<boolean> =>
    control<{ ready: boolean }>(service, timeoutMs, (options, done) =>
      client.serverReady({}, sent, options, done),
    ).then(
      ({ ready }) => ready,
      () => false,
    );
  const work =
    (request: InferRequest) =>
    async (inner: CallContext): Promise<InferResponse> => {
      const response = readResponse(await send(request, inner), limits, service);
      const { model, version } = response;
      inner.journal.mark(inner.span, { 'sheaf.model': model, 'sheaf.version': version });
      const explanation = parseExplanation(response.parameters.get(explanationParameter));
      if (explanation) inner.journal.nest(inner.span, explanation);
      return response;
    };
  return {
    infer: (request, context) =>
      traced(context, 'try', service, work(request), {
        'sheaf.endpoint': target,
        'sheaf.attempt': context.attempt ?? 1,
      }),
    describe: async (name, version, timeoutMs) => {
      const wire = await control<ModelMetadataResponse__Output>(service, timeoutMs, (options, done) =>
        client.modelMetadata({ name, version }, sent, options, done),
      );
      return {
        name: wire.name,
        versions: wire.versions,
        platform: wire.platform,
        inputs: wire.inputs.map(readSpec),
        outputs: wire.outputs.map(readSpec),
        properties: new Map(Object.entries(wire.properties)),
      };
    },
    isServerReady,
    contentDigest: async (timeoutMs) => {
      const { extensions } = await control<ServerMetadataResponse__Output>(service, timeoutMs, (options, done) =>
        client.serverMetadata({}, sent, options, done),
      );
      return extensions.map(digestIn).find((digest) => digest !== undefined);
    },
    watchReady: (onReady) => watchHealth({ channel, onReady, ask: isServerReady }),
    close: () => {
      lanes?.close();
      client.close();
      secured.close();
    },
  };
}

/** What the run of this request usually takes, by what its server has learned; 0 while it has not. */
const costMs = ({ fixedMs, rowMs }: Load, { inputs }: InferRequest): number => fixedMs + rowMs * rowCount(inputs);

/** One connection for small requests and one for large ones; what is too large for a frame goes as a call of its own. */
function createLanes(channel: ChannelTo, service: string, bytesMax: number, onOverrun: RemoteOptions['onOverrun']) {
  const small = new MeshConnection(channel, service, onOverrun);
  const large = new MeshConnection(channel, service, onOverrun);
  return {
    pick: (bytes: number): MeshConnection | undefined => {
      if (bytes > bytesMax) return undefined;
      return bytes > largeBytes ? large : small;
    },
    close: (): void => {
      small.close();
      large.close();
    },
  };
}

const bytesOf = ({ inputs }: InferRequest): number => inputs.reduce((total, { data }) => total + data.byteLength, 0);

const channelOptions = (limits: Limits, tls: RemoteTls | undefined): grpc.ChannelOptions => ({
  ...(tls?.serverName ? { 'grpc.default_authority': tls.serverName } : {}),
  'grpc.max_receive_message_length': limits.messageBytesMax + frameBytesMax,
  'grpc.max_send_message_length': limits.messageBytesMax,
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // One try per call: whoever retries knows about stages and endpoints.
  'grpc.enable_retries': 0,
  // Two remotes of one target are two connections, each with an owner.
  'grpc.use_local_subchannel_pool': 1,
});

type Done<Response> = (error: grpc.ServiceError | null, response?: Response) => void;

/** A server that does not speak the protocol is its own mistake, never the caller's. */
function readResponse(message: Buffer, limits: Limits, service: string): InferResponse {
  try {
    return decodeResponse(message, limits);
  } catch (cause) {
    const why = cause instanceof InferError ? `: ${cause.message}` : '';
    throw new InferError('INTERNAL', `service ${service} gave an answer that is not valid${why}`, {
      reason: 'ANSWER_INVALID',
      cause,
    });
  }
}

/** One call with the context's deadline, trace and cancellation. */
interface Asked {
  readonly client: grpc.Client;
  readonly service: string;
  readonly metadata: grpc.Metadata;
}

function unary(
  { client, service, metadata: extra }: Asked,
  request: InferRequest,
  context: CallContext,
): Promise<Buffer> {
  const { signal, span, attempt = 1 } = context;
  if (signal.aborted) return Promise.reject(abortReason(signal));
  const remaining = remainingMs(context);
  if (remaining <= 0)
    return Promise.reject(new InferError('DEADLINE_EXCEEDED', `no time was left to ask service ${service}`));
  const metadata = extra.clone();
  metadata.set('traceparent', formatTraceparent(span));
  if (attempt > 1) metadata.set('grpc-previous-rpc-attempts', String(attempt - 1));
  const options = { deadline: Date.now() + remaining };
  return new Promise((resolve, reject) => {
    const onAbort = (): void => call.cancel();
    const call = modelInfer(client, encodeRequest(request), metadata, options, (error, response) => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) reject(abortReason(signal));
      else if (error || !response) reject(fromStatus(error as grpc.ServiceError, service));
      else resolve(response);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function control<Response>(
  service: string,
  timeoutMs: number,
  start: (options: grpc.CallOptions, done: Done<Response>) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start({ deadline: Date.now() + timeoutMs }, (error, response) => {
      if (error || !response) reject(fromStatus(error as grpc.ServiceError, service));
      else resolve(response);
    });
  });
}
