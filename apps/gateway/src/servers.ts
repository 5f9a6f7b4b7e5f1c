/** The two servers of a gateway: the public one, and the internal one that transforms ask. */
import { checkExposure, logJournal, logOutput } from '@sheaf/host';
import {
  boundedBaggage,
  type Infer,
  innerLimits,
  type Journal,
  type Limits,
  type Sample,
  stack,
} from '@sheaf/inference';
import { enforceDeadline, explainOnRequest } from '@sheaf/layers';
import type { Mesh } from '@sheaf/mesh';
import { tellOnlySeen } from '@sheaf/policies';
import type { Tracing } from '@sheaf/telemetry';
import {
  type AdminService,
  type Backend,
  type BytesInFlight,
  type CallLog,
  createServer,
  type LaterServices,
  mutualTls,
  type RegistryService,
  type Repository,
  type Server,
  type Strays,
} from '@sheaf/transport';
import { liveLimits } from './live-limits.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Revisions } from './revisions.ts';
import { logShadows } from './shadow-log.ts';

const innerHost = '127.0.0.1';

export interface ServersPorts {
  readonly mesh: Mesh;
  readonly revisions: Revisions;
  readonly tracing: Tracing;
  readonly onJournal: OnJournal;
  /** What the messages of both take together. */
  readonly bytes: BytesInFlight;
  /** Whether a model or pipeline can be asked, for health. */
  readonly isServing: (name: string) => boolean;
}

/** What both have before all else. */
const around = (core: Infer): Infer =>
  stack(
    [
      // Sees the whole path, hence before everything that may be on it.
      explainOnRequest,
      // Outermost of what may take time: whatever hangs below, the caller has its answer at the deadline.
      enforceDeadline('the gateway'),
    ],
    core,
  );

/** What is done with the journal of each call: it is traced and counted, and the log, one for both servers, tells which rules would have acted. */
export function createOnJournal(
  { onJournal, onPublicJournal }: Tracing,
  metrics?: Pick<GatewayMetrics, 'onJournal'>,
): OnJournal {
  const shadow = logShadows((line) => logOutput().write(line));
  const both = (trace: (journal: Journal) => void) => (journal: Journal) => {
    trace(journal);
    metrics?.onJournal(journal);
    shadow(journal);
    logJournal(journal);
  };
  return { ofPublic: both(onPublicJournal), ofInternal: both(onJournal) };
}

export type OnJournal = Readonly<Record<'ofPublic' | 'ofInternal', (journal: Journal) => void>>;

/** What both answer with. */
function backendOf({ revisions, isServing }: ServersPorts) {
  const { describe, isReady, names, snapshot } = revisions;
  return { describe, isReady, names, isServing, snapshot };
}

const limitsNow =
  ({ revisions }: ServersPorts) =>
  (): Limits =>
    revisions.current.served.mesh.limits;

export interface PublicServerPorts extends ServersPorts {
  readonly host: string;
  readonly port: number;
  readonly admin: AdminService;
  readonly repository: Repository;
  readonly registry: RegistryService;
  /** Its `submit` is that of the revision. */
  readonly later: Omit<LaterServices, 'submit'>;
  readonly calls: CallLog;
  /** Undefined: nothing is counted. */
  readonly statistics: Backend['statistics'] | undefined;
  /** Whether anybody can tell which keys count. */
  readonly isFresh: () => boolean;
}

/** Serves callers from outside: what they may do, the policies of the current revision say. */
export function openPublicServer(ports: PublicServerPorts): Promise<Server> {
  const { mesh, revisions, tracing, bytes, host, port, admin, repository, registry, calls, statistics } = ports;
  const { later, isFresh } = ports;
  const policiesNow = () => revisions.current.served.mesh.policies;
  /** Without policies it is somebody of this machine who calls. */
  const sample: Sample = (traceId, parent) =>
    policiesNow() === undefined || policiesNow()?.trustCallersSampling
      ? tracing.sample(traceId, parent)
      : tracing.sampleStrangers(traceId, parent);
  const acceptBaggage = (baggage: string): string | undefined => {
    const policies = policiesNow();
    return boundedBaggage(baggage, (key) => policies === undefined || !!policies.trustCallersBaggage?.includes(key));
  };
  const strays: Strays = {
    check: (...caller) => revisions.current.policyStack.strays.check(...caller),
    take: (called) => revisions.current.policyStack.strays.take(called),
  };
  const limits = liveLimits(mesh.limits, limitsNow(ports));
  /** Outermost, since it is about all that a caller is told. */
  const toldWhatIsSeen = tellOnlySeen((principal) => revisions.current.policyStack.sightOf(principal));
  return createServer(
    { name: 'gateway', host, port, limits, bytes, tls: mesh.gateway.tls, connections: mesh.gateway },
    {
      ...backendOf(ports),
      onJournal: ports.onJournal.ofPublic,
      sample,
      propagation: tracing.propagation,
      acceptBaggage,
      infer: toldWhatIsSeen(around(revisions.infer)),
      admit: (shown) => revisions.current.policyStack.admit(shown),
      strays,
      admin,
      repository,
      registry,
      later: { ...later, submit: toldWhatIsSeen(enforceDeadline('the gateway')(revisions.submit)) },
      calls,
      ...(statistics && { statistics }),
      // Not of the internal server: whoever asks there has been let in.
      isWell: isFresh,
    },
  );
}

export interface InternalServerPorts extends ServersPorts {
  readonly port: number;
  readonly secret: string | undefined;
  /** Calls of callers from outside that are being answered. */
  readonly callers: () => number;
}

/** Refuses to start an internal server that whoever reaches it could ask, unless that is meant. */
export const checkInternalServer = (mesh: Mesh, secret: string | undefined, isOpen: boolean): void =>
  checkExposure({
    name: "the gateway's internal server",
    host: innerHost,
    isLoopback: true,
    isTls: mesh.tls !== undefined,
    secret,
    isOpen,
    isInsecure: false,
  });

/** Serves calls from inside a graph: they were let in and counted already, so they enter below the policies. Never reachable from outside. */
export function openInternalServer(ports: InternalServerPorts): Promise<Server> {
  const { mesh, revisions, tracing, bytes, port, secret, callers } = ports;
  return createServer(
    {
      name: 'gateway',
      host: innerHost,
      port,
      limits: liveLimits(innerLimits(mesh.limits), limitsNow(ports)),
      bytes,
      mesh: true,
      tls: mesh.tls && mutualTls(mesh.tls),
      secret,
    },
    {
      ...backendOf(ports),
      onJournal: ports.onJournal.ofInternal,
      sample: tracing.sampleInner,
      infer: around(revisions.inner),
      // A worker asks less while there are callers.
      load: () => ({ calls: callers(), fixedMs: 0, rowMs: 0 }),
    },
  );
}
