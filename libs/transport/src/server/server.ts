/** A server: the Open Inference Protocol, health and reflection in front of whatever answers. */
import * as grpc from '@grpc/grpc-js';
import {
  type Infer,
  type Journal,
  type Limits,
  type Load,
  type ModelDescription,
  maySee,
  type Overrun,
  type Principal,
  type Sample,
  type Snapshot,
  type Span,
} from '@sheaf/inference';
import { protoPath as healthProto } from 'grpc-health-check';
import { type AdminService, adminHandlers } from '../admin.ts';
import { createMeshServer } from '../mesh-stream/mesh-server.ts';
import { adminFile, adminService, inferenceFile, inferenceService, inferPath, meshService } from '../proto.ts';
import { stepLimits } from '../step-limits.ts';
import { openServerTls } from '../tls/server-tls.ts';
import type { TlsFiles } from '../tls/tls.ts';
import { createAnswer } from './answer.ts';
import { Admissions, type Admit } from './auth/admission.ts';
import { createGate } from './auth/gate.ts';
import { createSecretCheck } from './auth/mesh-secret.ts';
import { BytesInFlight } from './bytes/bytes-in-flight.ts';
import type { CallLog } from './call-record.ts';
import type { ConnectionPolicy } from './connections/arrivals.ts';
import { watchConnections } from './connections/connections.ts';
import { addHealth } from './health.ts';
import { handlers } from './inference-methods.ts';
import { listen } from './listen.ts';
import { serveInfer } from './model-infer.ts';
import { addReflection } from './reflection.ts';
import { createRecorder } from './refusal.ts';
import { ServerState } from './server-state.ts';
import { refuseMessages, withSmallMessages } from './small-messages.ts';
import { guardStreams, prepareStreams } from './stream-guard.ts';

/** Calls that cannot be told what they are for, by whom they are from: to read what says nothing takes time as well. */
export interface Strays {
  /** Before a message is looked at: throws where its caller has sent too many. */
  check(principal: Principal | undefined, called: () => CallHead): void;
  /** A message could not be read; throws where that was one too many. */
  take(called: CallHead): Promise<void>;
}

/** As much of a call as is known before its message. */
export interface CallHead {
  readonly principal?: Principal | undefined;
  /** Where it comes from. */
  readonly address?: string | undefined;
  readonly journal: Journal;
  readonly span?: Span;
}

/** What stands behind a server. */
export interface Backend {
  /** To be done by the deadline of its context, and when its signal is aborted: the server does not look after it. */
  readonly infer: Infer;
  /** Throws NOT_FOUND for what is not there, or not for this principal. */
  readonly describe: (name: string, version: string, principal?: Principal) => ModelDescription;
  /** Never throws: what is not there is not ready. */
  readonly isReady: (name: string, version: string, principal?: Principal) => boolean;
  /** How busy a model version is, where that is known. */
  readonly load?: (name: string, version: string) => Load | undefined;
  /** Of all that a service holds, told in ServerMetadata: who asks its replicas sees whether they are of one content. */
  readonly contentDigest?: string | undefined;
  /** Names that health answers for, besides the server itself. */
  readonly names: () => readonly string[];
  /** What health says of a name, as of the last `open`. Default: that it is served. */
  readonly isServing?: (name: string) => boolean;
  /** Whether the server as a whole can do its work; asked with each `open`, and of ServerReady and ModelReady. Default: it can. */
  readonly isWell?: () => boolean;
  /** Pinned when a call enters. */
  readonly snapshot: () => Snapshot;
  /** CallHead once per call, after its answer, and for calls that were refused before. */
  readonly onJournal: (journal: Journal) => void;
  /** Whether what a call does is traced. Default: as its caller says. */
  readonly sample?: Sample;
  /** Asked of every call of every method, before its message is read. Undefined: whoever reaches the server comes in. */
  readonly admit?: Admit;
  /** Held to limits: what the server itself refuses of the messages of those who came in. Default: nothing is. */
  readonly strays?: Strays;
  /** Served as sheaf.admin.v1.Admin: on a public server, whose `admit` says who may call it. */
  readonly admin?: AdminService;
  /** Told of each call when it has ended. */
  readonly calls?: CallLog;
}

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
}

export interface Server {
  readonly port: number;
  /** From now on health says SERVING. CallHead again, it takes up the names that are served now, and how they are; after `announceEnd` it does nothing. */
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

export async function createServer(options: ServerOptions, served: Backend): Promise<Server> {
  const { limits, secret, bytes = new BytesInFlight(limits.bytesInFlightMax) } = options;
  const state = new ServerState();
  const server: KnownMethods = new KnownMethods({
    interceptors: [refuseMessages((path) => server.smallPaths.has(path))],
    // What is not the mesh stream is small: calls that infer do not go this way.
    'grpc.max_receive_message_length': options.mesh ? limits.messageBytesMax : stepLimits.smallMessageBytesMax,
    // The outputs are measured before; this leaves room for what is around them.
    'grpc.max_send_message_length': limits.messageBytesMax + 1024 * 1024,
    'grpc.max_concurrent_streams': limits.concurrentStreamsMax,
    'grpc-node.max_session_memory': sessionMemoryMiB(limits),
  });
  prepareStreams(server);
  const answer = createAnswer({ ...options, state }, served);
  const admissions = served.admit && new Admissions(served.admit);
  const { isWell = () => true } = served;
  const isOpen = (): boolean => state.isReady;
  const isReady = (): boolean => isOpen() && isWell();
  server.addService(inferenceService, { ...handlers({ ...options, isReady, admissions }, served) });
  if (served.admin) server.addService(adminService, { ...adminHandlers(served.admin, { admissions, isOpen }) });
  const mesh = options.mesh
    ? createMeshServer({ limits, bytes, isAmongOurselves: isAmongOurselves(options) }, answer)
    : undefined;
  if (mesh) server.addLargeService(meshService, { ...mesh.handlers });
  const health = addHealth(server, {
    limits,
    isVisible: (name, metadata) => {
      const principal = admissions?.principalOf(metadata);
      return name === '' || !principal || maySee(principal, name);
    },
  });
  addReflection(server, served.admin ? [inferenceFile, healthProto, adminFile] : [inferenceFile, healthProto]);
  const tls = options.tls && openServerTls(options.name, options.tls);
  const credentials = tls?.credentials ?? grpc.ServerCredentials.createInsecure();
  const port = await listen(server, options, credentials).catch((error: unknown) => {
    tls?.close();
    throw error;
  });
  const record = createRecorder(options.name, served);
  guardStreams(server, {
    name: options.name,
    limits,
    connections: options.connections ?? {},
    bytes,
    gate: admissions && createGate(admissions, record),
    knowsSecret: secret === undefined ? undefined : createSecretCheck(options.name, secret),
    isMethod: (path) => server.paths.has(path),
    isLong: (path) => server.longPaths.has(path),
    own: new Map([
      [inferPath, serveInfer({ limits, bytes, mesh: options.mesh, record, strays: served.strays }, answer)],
    ]),
    calls: served.calls,
  });
  tls?.guard(server);
  const connections = watchConnections(server);
  let announced: readonly string[] = [];
  const announce = (status: 'SERVING' | 'NOT_SERVING'): void => {
    const names = ['', ...served.names()];
    for (const gone of announced.filter((name) => !names.includes(name))) health.setStatus(gone, 'NOT_SERVING');
    for (const name of names) {
      const isOut = name !== '' && served.isServing?.(name) === false;
      health.setStatus(name, isOut ? 'NOT_SERVING' : status);
    }
    announced = names;
  };
  return {
    port,
    open: () => {
      if (state.phase !== 'opening' && state.phase !== 'open') return;
      state.phase = 'open';
      announce(isWell() ? 'SERVING' : 'NOT_SERVING');
    },
    announceEnd: (noticeMs) => {
      state.phase = 'leaving';
      announce('NOT_SERVING');
      return connections.noneWithin(noticeMs);
    },
    tellOverrun: (overrun) => mesh?.tellOverrun(overrun),
    close: (graceMs) => {
      state.phase = 'draining';
      const endStreams = (): void => {
        mesh?.goAway();
        health.endWatches();
      };
      endStreams();
      // Some have been opened since by whoever looked whether it is still there.
      const goAwayAfter = mesh ? state.idle().then(endStreams) : Promise.resolve();
      return shutDown(server, state, { graceMs, goAwayAfter }).finally(() => tls?.close());
    },
  };
}

/** Whether only processes of the mesh come in: they show its secret, or a certificate of it. */
const isAmongOurselves = ({ secret, tls }: ServerOptions): boolean =>
  secret !== undefined || (tls?.clientCa !== undefined && tls.clientCertificate === 'require');

/** What waits to be sent counts: while it is more than this, a connection gets no new calls. Answers of the largest size are to leave room for others. */
const sessionMemoryMiB = ({ messageBytesMax }: Limits): number => 64 + Math.ceil((2 * messageBytesMax) / 2 ** 20);

/** A server that can tell which methods it has, and whose messages are small unless it is told otherwise. */
class KnownMethods extends grpc.Server {
  readonly paths = new Set<string>();
  /** Of methods whose streams last as long as their callers like. */
  readonly longPaths = new Set<string>();
  readonly smallPaths = new Set<string>();

  override addService(service: grpc.ServiceDefinition, implementation: grpc.UntypedServiceImplementation): void {
    for (const { path } of Object.values(service)) this.smallPaths.add(path);
    this.addLargeService(withSmallMessages(service), implementation);
  }

  /** A service whose messages may be as large as the server takes them. */
  addLargeService(service: grpc.ServiceDefinition, implementation: grpc.UntypedServiceImplementation): void {
    for (const { path, requestStream, responseStream } of Object.values(service)) {
      this.paths.add(path);
      if (requestStream || responseStream) this.longPaths.add(path);
    }
    super.addService(service, implementation);
  }
}

/** After the last answer this long for what is on its way to a slow reader. */
const lastBytesMs = 5_000;

interface ShutDown {
  readonly graceMs: number;
  /**
   * Of HTTP/2. Where callers have been told otherwise to go elsewhere it is for after the last answer: node:http2 sends no ping on a connection that has
   * had a GOAWAY, and grpc-js takes that for a peer that is gone and drops its calls at its next keep-alive.
   */
  readonly goAwayAfter: Promise<void>;
}

/** A stream that its peer keeps open (reflection, say) keeps tryShutdown from finishing, hence the timers. */
function shutDown(server: grpc.Server, state: ServerState, { graceMs, goAwayAfter }: ShutDown): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => {
      server.forceShutdown();
      end();
    };
    const timers = [setTimeout(cut, graceMs)];
    const end = (): void => {
      for (const timer of timers.splice(0)) clearTimeout(timer);
      resolve();
    };
    void state.idle().then(() => timers.push(setTimeout(cut, Math.min(lastBytesMs, graceMs))));
    void goAwayAfter.then(() => server.tryShutdown(end));
  });
}
