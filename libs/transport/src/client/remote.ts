/** Another server as an Infer: any that speaks the Open Inference Protocol. */
import type * as grpc from '@grpc/grpc-js';
import {
  type CallContext,
  type ChargedCall,
  explanationParameter,
  type Infer,
  InferError,
  type InferRequest,
  type InferResponse,
  type Limits,
  type Load,
  type ModelDescription,
  type OnKept,
  type Overrun,
  type Propagation,
  parseExplanation,
  rowCount,
  traced,
} from '@sheaf/inference';
import type { ModelStatistics__Output } from '../generated/inference/ModelStatistics.ts';
import type { MetricSamples, MetricsRequest } from '../mesh-metrics.ts';
import { MeshConnection, type MeshConnectionOptions } from '../mesh-stream/mesh-client.ts';
import { tensorBytes } from '../server/answer.ts';
import { HandshakeLog } from '../tls/handshake-log.ts';
import { openRemoteTls } from '../tls/remote-tls.ts';
import type { RemoteTls } from '../tls/tls.ts';
import { decodeResponse } from '../wire/codec.ts';
import { createControl } from './control.ts';
import type { GrpcClient } from './grpc-client.ts';
import { createGrpcJsClient } from './grpc-js-client.ts';
import { watchHealth } from './health-watch.ts';
import { createOwnClient } from './own-client.ts';
import { proxyOption } from './proxy.ts';
import { createSent, type SentOptions } from './sent.ts';
import { answerInvalid, unary } from './unary-call.ts';

export interface Remote {
  readonly infer: Infer;
  /** Asks for metadata; throws InferError. */
  describe(model: string, version: string, timeoutMs: number): Promise<ModelDescription>;
  isServerReady(timeoutMs: number): Promise<boolean>;
  /** The digest of what a service of ours holds; undefined of a server that tells none. Throws InferError. */
  contentDigest(timeoutMs: number): Promise<string | undefined>;
  /** What was asked of the models that the server holds; throws InferError. */
  statistics(model: string, version: string, timeoutMs: number): Promise<readonly ModelStatistics__Output[]>;
  /** What a process of our mesh tells for a scrape; throws InferError. */
  metrics(request: MetricsRequest, timeoutMs: number): Promise<readonly MetricSamples[]>;
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

/** What it is sent beside a request goes with each call that goes as a unary one, and, but for what is the caller's, with each mesh stream and with questions for what it is. */
export interface RemoteOptions extends SentOptions {
  /** Names the server in errors and spans. */
  readonly service: string;
  readonly limits: Limits;
  /** Default `unary`. */
  readonly transport?: Transport;
  /** Called with what the server says of its load, at each answer that says something, good or bad. */
  readonly onLoad?: (load: Load, model: string) => void;
  /** Called for a run that the server's process ends for, whoever asked for it; more than once. On the mesh stream only. */
  readonly onOverrun?: ((overrun: Overrun) => void) | undefined;
  /** Traces that it is told of, where it is one of ours; see `onKept` of its backend. On the mesh stream only. */
  readonly onKept?: OnKept | undefined;
  /** How long a call still listens after its deadline: what the server answers then says in which stage the time was up. Default 0. */
  readonly listenMs?: number;
  /** In which headers it is told of a trace, where calls are unary ones. Default: those of W3C. */
  readonly propagation?: Propagation | undefined;
  /** Somebody else's server: nobody there has agreed to be pinged often. */
  readonly foreign?: boolean;
  /** Whom its requests name (`:authority`), where that is not the target. */
  readonly authority?: string | undefined;
  /** Without it the connections are plain text. `{}` trusts the roots of Node. */
  readonly tls?: RemoteTls | undefined;
  /** Whether it is asked through the HTTP proxy that the environment names (`isProxied`). Default false: no hop of the mesh is. */
  readonly proxied?: boolean;
}

/** `target` is a gRPC target such as `127.0.0.1:8001` or `dns:///triton:8001`. */
export function createRemote(target: string, remote: RemoteOptions): Remote {
  const { service, limits, tls, foreign = false } = remote;
  const secured = openRemoteTls(service, tls);
  const sent = createSent(service, remote);
  const own = remote.transport === 'stream' ? ownOptions(target, secured.secure, sent, remote) : undefined;
  const client = own ? createOwnClient(own) : createGrpcJsClient(target, secured.secure, grpcOptions(remote));
  const lanes = own && createLanes(own);
  const control = createControl(service, client, sent);
  const send = createSend(remote, lanes, client, sent);
  const refusals = new HandshakeLog();
  const onRefused = (): void =>
    refusals.tell('', `service ${service} at ${target} does not let us in: want its secret, or token, in mesh.yaml`);
  const work =
    (request: InferRequest) =>
    async (inner: CallContext): Promise<InferResponse> => {
      const response = readResponse(await sendHeld(request, inner, send), limits, service);
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
    describe: control.describe,
    isServerReady: async (timeoutMs) => (await control.probe(timeoutMs)) === 'ready',
    contentDigest: control.contentDigest,
    statistics: control.statistics,
    metrics: control.metrics,
    watchReady: (onReady) =>
      watchHealth({ client, onReady, metadata: sent, probe: control.probe, onRefused, isPinged: !foreign }),
    close: () => {
      lanes?.close();
      client.close();
      secured.close();
    },
  };
}

/** Sends a request and answers the bytes of its response; `charge` is told what the run took, where the server says so. */
type Send = (request: InferRequest, context: CallContext, charge: ChargedCall) => Promise<Buffer>;

/** On a lane of the mesh stream, where there is one and the request fits into a frame; else as a gRPC call. */
function createSend(
  { service, limits, listenMs = 0, onLoad, propagation }: RemoteOptions,
  lanes: Lanes | undefined,
  client: GrpcClient,
  sent: (context: CallContext) => ReadonlyMap<string, string>,
): Send {
  return (request, context, charge) => {
    const bytes = tensorBytes(request.inputs);
    if (!lanes || bytes > limits.messageBytesMax - frameBytesMax)
      return unary({ client, service, metadata: sent(context), listenMs, propagation }, request, context);
    const lane = bytes > largeBytes ? lanes.large : lanes.small;
    return lane.call(request, context, (load) => {
      onLoad?.(load, request.model);
      const ms = costMs(load, request);
      if (ms > 0) charge.ms = ms;
      context.journal.mark(context.span, { 'sheaf.cost_ms': ms });
    });
  };
}

/** Holds the bytes of what is sent for as long as nobody has answered: it is written, and framed by the transport. */
async function sendHeld(request: InferRequest, context: CallContext, send: Send): Promise<Buffer> {
  const { bytes } = context;
  const sentBytes = 2 * tensorBytes(request.inputs);
  bytes?.take(sentBytes);
  // Before what has come is counted: it has the room that was set aside for what was sent.
  const message = await sendCharged(request, context, send).finally(() => bytes?.give(sentBytes));
  bytes?.takeFor(message);
  return message;
}

/** Sends a call, and charges it: what a server has begun is owed, whatever came of it, unless it was lost with the server. */
async function sendCharged(request: InferRequest, context: CallContext, send: Send): Promise<Buffer> {
  const charge = context.journal.charge(request.inputs);
  const startedAt = context.clock.now();
  const end = (): void => {
    charge.ms ??= context.clock.now() - startedAt;
  };
  try {
    const answer = await send(request, context, charge);
    end();
    return answer;
  } catch (error) {
    charge.isWaived = error instanceof InferError && error.progress === 'not-begun';
    if (error instanceof InferError && error.code === 'UNAVAILABLE') charge.ms = undefined;
    else end();
    throw error;
  }
}

/** What the run of this request usually takes, by what its server has learned; 0 while it has not. */
const costMs = ({ fixedMs, rowMs }: Load, { inputs }: InferRequest): number => fixedMs + rowMs * rowCount(inputs);

/** How a service of ours is reached, on the mesh stream and beside it. */
const ownOptions = (
  target: string,
  secure: MeshConnectionOptions['secure'],
  sent: () => ReadonlyMap<string, string>,
  { service, limits, onOverrun, onKept, authority, tls }: RemoteOptions,
): MeshConnectionOptions => ({
  ...{ target, authority: authority ?? tls?.serverName, secure, pongMaxMs: pongMaxMs(limits) },
  ...{ service, metadata: () => [...sent()], onOverrun, onKept },
  messageBytesMax: limits.messageBytesMax + frameBytesMax,
});

type Lanes = ReturnType<typeof createLanes>;

/** One connection for small requests and one for large ones. */
function createLanes(options: MeshConnectionOptions) {
  const small = new MeshConnection(options);
  const large = new MeshConnection(options);
  return {
    small,
    large,
    close: (): void => {
      for (const one of [small, large]) one.close();
    },
  };
}

/** A process that copies a message answers no ping meanwhile; so slow where memory is new and the machine has much to do. */
const copiedBytesPerMs = 100_000;

const pongMaxMs = ({ messageBytesMax }: Limits): number => 3_000 + messageBytesMax / copiedBytesPerMs;

/** Among ourselves: a peer that is gone without a word is missed within seconds. */
const oftenPings = (limits: Limits): grpc.ChannelOptions => ({
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': pongMaxMs(limits),
  'grpc.keepalive_permit_without_calls': 1,
});

/**
 * Servers on the gRPC core end a connection on which they are pinged more often than every five minutes, or without a call, at the third time (GOAWAY
 * too_many_pings; GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS).
 */
const seldomPings: grpc.ChannelOptions = {
  'grpc.keepalive_time_ms': 330_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.keepalive_permit_without_calls': 0,
};

function grpcOptions({ limits, authority, tls, foreign, proxied = false }: RemoteOptions): grpc.ChannelOptions {
  const named = authority ?? tls?.serverName;
  return {
    ...channelOptions(limits),
    ...(foreign ? seldomPings : oftenPings(limits)),
    ...proxyOption(proxied),
    ...(named ? { 'grpc.default_authority': named } : {}),
  };
}

const channelOptions = (limits: Limits): grpc.ChannelOptions => ({
  'grpc.max_receive_message_length': limits.messageBytesMax + frameBytesMax,
  'grpc.max_send_message_length': limits.messageBytesMax,
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // One try per call: whoever retries knows about stages and endpoints.
  'grpc.enable_retries': 0,
  // Two remotes of one target are two connections, each with an owner.
  'grpc.use_local_subchannel_pool': 1,
});

function readResponse(message: Buffer, limits: Limits, service: string): InferResponse {
  try {
    return decodeResponse(message, limits);
  } catch (cause) {
    throw answerInvalid(service, cause);
  }
}
