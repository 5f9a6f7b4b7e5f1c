/** A server: the Open Inference Protocol, health and reflection in front of whatever answers. */
import type { Limits, Overrun } from '@sheaf/inference';
import { protoPath as healthProto } from 'grpc-health-check';
import { meshStream } from '../mesh-stream/mesh-server.ts';
import { adminFile, inferenceFile, jobsFile, predictionsFile, registryFile } from '../proto.ts';
import type { TlsFiles } from '../tls/tls.ts';
import { adminMethods } from './admin-methods.ts';
import { createAnswer } from './answer.ts';
import { createSecretCheck } from './auth/secret-check.ts';
import type { Backend } from './backend.ts';
import { BytesInFlight } from './bytes/bytes-in-flight.ts';
import type { ConnectionPolicy } from './connections/arrivals.ts';
import { connectionLimits } from './connections/connection-limits.ts';
import { createLongStreams } from './connections/long-streams.ts';
import { openConnections, type ServerConnections } from './connections/server-connections.ts';
import { createDispatcher } from './dispatcher.ts';
import type { ServerMethod } from './grpc/methods.ts';
import { createHealth, type Health } from './health.ts';
import { inferenceMethods } from './inference-methods.ts';
import { laterMethods } from './later-methods.ts';
import { letIn } from './let-in.ts';
import { metricsMethod } from './metrics-method.ts';
import { modelInfer } from './model-infer.ts';
import type { OpenProtocol, Protocol, ProtocolContext } from './protocol.ts';
import { createReflection } from './reflection.ts';
import { createRecorder } from './refusal.ts';
import { registryMethods } from './registry-methods.ts';
import { ServerState } from './server-state.ts';
import { submit } from './submit.ts';

export interface ServerOptions {
  /** `gateway` or `model-server`, as ServerMetadata and the spans say. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits: Limits;
  /** What the messages of this process may take; its servers have one. Default: one of its own, of `limits`. */
  readonly bytes?: BytesInFlight;
  /** Whether the mesh stream is served too: on the servers of services, never on a public one. Default false. */
  readonly mesh?: boolean;
  /** Without it the server speaks plain text. */
  readonly tls?: TlsFiles | undefined;
  /** How many connections, from whom, and for how long. */
  readonly connections?: ConnectionPolicy;
  /** What every call has to show, whatever it asks, as `authorization: Bearer ...`. Undefined: whoever reaches the server may ask, but for `admit`. */
  readonly secret?: string | undefined;
  /** Spoken beside gRPC, for inference alone. Default: none. */
  readonly protocols?: readonly Protocol[];
}

export interface Server {
  readonly port: number;
  /** The paths of all methods that it has, such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly methods: readonly string[];
  /** What there is now of calls that infer, and of connections that speak HTTP/2. */
  readonly standing: () => { readonly calls: number; readonly connections: number };
  /** From now on health says SERVING. Called again, it takes up the names that are served now, and how they are; after `announceEnd` it does nothing. */
  open(): void;
  /**
   * Health says NOT_SERVING for every name, and ServerReady no; calls are still answered. Resolves when callers have had `noticeMs` to see it, or when none
   * is connected.
   */
  announceEnd(noticeMs: number): Promise<void>;
  /** Tells everybody who has a mesh stream of a run for which this process ends. */
  tellOverrun(overrun: Overrun): void;
  /**
   * Tells every connection to go elsewhere, refuses what comes nevertheless, and finishes what is in flight, at most `graceMs`; then cuts. Streams that
   * only their peers keep open are cut a moment after the last answer.
   */
  close(graceMs: number): Promise<void>;
}

/** Streams that last, for each connection that there may be: one watches, and few ask more than that. */
const longPerConnection = 2;

/** Listens from now on; throws FAILED_PRECONDITION where it cannot. */
export async function createServer(options: ServerOptions, backend: Backend): Promise<Server> {
  const {
    name,
    limits,
    secret,
    connections: policy = {},
    bytes = new BytesInFlight(limits.bytesInFlightMax),
  } = options;
  const state = new ServerState();
  const record = createRecorder(name, backend);
  const knowsSecret = secret === undefined ? undefined : createSecretCheck(name, secret);
  const { admit, calls } = backend;
  const answer = letIn(createAnswer({ name, limits, state }, backend), { admit, knowsSecret, record, calls });
  const { strays, onKept = () => {} } = backend;
  const protocols = openProtocols(options, backend, { answer, limits, bytes, record, strays, onKept });
  const health = createHealth(limits);
  const methods = [
    ...protocols.flatMap((protocol) => protocol.methods ?? []),
    ...health.methods,
    ...ownMethods(options, backend, state),
  ];
  const dispatch = createDispatcher({
    limits,
    bytes,
    methods,
    admit,
    knowsSecret,
    longStreams: createLongStreams(longPerConnection * (policy.connectionsMax ?? connectionLimits.connectionsMax)),
    record,
    calls,
  });
  const connections = await openConnections({ ...options, policy, bytes }, dispatch);
  return lifecycle({ backend, state, health, methods, protocols, connections, isOfMesh: options.mesh === true });
}

function openProtocols(options: ServerOptions, { later }: Backend, context: ProtocolContext): readonly OpenProtocol[] {
  const { mesh = false, protocols = [] } = options;
  const own = mesh ? [meshStream({ isAmongOurselves: isAmongOurselves(options) })] : [];
  return [modelInfer(mesh), ...(later ? [submit] : []), ...own, ...protocols].map((open) => open(context));
}

function ownMethods({ name, limits }: ServerOptions, backend: Backend, state: ServerState): readonly ServerMethod[] {
  const { admin, registry, later, metrics, isWell = () => true } = backend;
  const isOpen = (): boolean => state.isReady;
  const files = [
    ...[inferenceFile, healthProto],
    ...(admin ? [adminFile] : []),
    ...(registry ? [registryFile] : []),
    // With those of Operations in it.
    ...(later ? [jobsFile, predictionsFile] : []),
  ];
  return [
    ...inferenceMethods({ name, limits, isReady: () => isOpen() && isWell() }, backend),
    ...(admin ? adminMethods(admin, isOpen) : []),
    ...(registry ? registryMethods(registry, isOpen) : []),
    ...(later ? laterMethods(later, isOpen) : []),
    ...(metrics ? [metricsMethod(metrics)] : []),
    ...createReflection(files),
  ];
}

/** Whether only processes of the mesh come in: they show its secret, or a certificate of it. */
const isAmongOurselves = ({ secret, tls }: ServerOptions): boolean =>
  secret !== undefined || (tls?.clientCa !== undefined && tls.clientCertificate === 'require');

interface Parts {
  readonly backend: Backend;
  readonly state: ServerState;
  readonly health: Health;
  readonly methods: readonly ServerMethod[];
  readonly protocols: readonly OpenProtocol[];
  readonly connections: ServerConnections;
  readonly isOfMesh: boolean;
}

function lifecycle({ backend, state, health, methods, protocols, connections, isOfMesh }: Parts): Server {
  const announce = createAnnouncer(backend, health);
  const endStreams = (): void => {
    for (const { goAway } of protocols) goAway?.();
    health.endWatches();
  };
  return {
    port: connections.port,
    methods: methods.map(({ path }) => path),
    standing: () => ({ calls: state.calls, connections: connections.count }),
    open: () => {
      if (state.phase !== 'opening' && state.phase !== 'open') return;
      state.phase = 'open';
      announce(backend.isWell?.() === false ? 'NOT_SERVING' : 'SERVING');
    },
    announceEnd: (noticeMs) => {
      state.phase = 'leaving';
      announce('NOT_SERVING');
      return connections.noneWithin(noticeMs);
    },
    tellOverrun: (overrun) => {
      for (const { tellOverrun } of protocols) tellOverrun?.(overrun);
    },
    close: async (graceMs) => {
      state.phase = 'draining';
      endStreams();
      // Some have been opened since by whoever looked whether it is still there.
      const goAwayAfter = isOfMesh ? state.idle().then(endStreams) : Promise.resolve();
      await drain(connections, state, { graceMs, goAwayAfter });
      for (const { close } of protocols) close?.();
    },
  };
}

/** Tells by health what is served, and what no longer. */
function createAnnouncer(backend: Backend, health: Health): (status: 'SERVING' | 'NOT_SERVING') => void {
  let announced: readonly string[] = [];
  return (status) => {
    const names = ['', ...backend.names()];
    for (const gone of announced.filter((name) => !names.includes(name))) health.setStatus(gone, 'NOT_SERVING');
    for (const name of names) {
      const isOut = name !== '' && backend.isServing?.(name) === false;
      health.setStatus(name, isOut ? 'NOT_SERVING' : status);
    }
    announced = names;
  };
}

/** After the last answer this long for what is on its way to a slow reader. */
const lastBytesMs = 5_000;

interface DrainOptions {
  readonly graceMs: number;
  /**
   * Of HTTP/2. Where callers have been told otherwise to go elsewhere it is for after the last answer: clients may take a connection that has had a GOAWAY
   * and answers no ping for one that is gone.
   */
  readonly goAwayAfter: Promise<void>;
}

/** A stream that its peer keeps open (reflection, say) keeps connections from ending, hence the timers. */
function drain(
  connections: ServerConnections,
  state: ServerState,
  { graceMs, goAwayAfter }: DrainOptions,
): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    const timers: NodeJS.Timeout[] = [];
    const cutAfter = (ms: number): void => {
      if (!isOver) timers.push(setTimeout(cut, ms));
    };
    const end = (): void => {
      isOver = true;
      for (const timer of timers.splice(0)) clearTimeout(timer);
      resolve();
    };
    const cut = (): void => {
      connections.cut();
      end();
    };
    cutAfter(graceMs);
    void state.idle().then(() => cutAfter(Math.min(lastBytesMs, graceMs)));
    void goAwayAfter.then(() => connections.goAway()).then(end);
  });
}
