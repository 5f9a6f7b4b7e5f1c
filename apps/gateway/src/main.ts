/** The public server of a mesh: models and pipelines alike, by name. */
import {
  askControl,
  countInFlight,
  createCallLog,
  type Drain,
  drainOnSignal,
  type Handover,
  handedOver,
  main,
  onLoading,
  onOutages,
  onReload,
  openLog,
  type ProcessMessage,
  report,
  type ServerCallLog,
} from '@sheaf/host';
import { InferError, trustedCaller } from '@sheaf/inference';
import { formatProblem, type Mesh, readMesh, type Steering } from '@sheaf/mesh';
import { createResilienceState, type ResilienceState } from '@sheaf/outbound';
import type { PoliciesSpec } from '@sheaf/policies';
import { bothLogs, createTracing, type Exporter, type Registry, type Tracing } from '@sheaf/telemetry';
import { BytesInFlight, hostPort, readSecret } from '@sheaf/transport';
import { createAdministration } from './administration.ts';
import { type Announcer, createAnnouncer } from './announcer.ts';
import { createAnswerCache } from './answer-cache.ts';
import { tellHeads } from './audit-heads.ts';
import { awaitForeign } from './await-foreign.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { countOutbound, countReload, openRegistry } from './metrics.ts';
import { openGatewayMetrics } from './open-metrics.ts';
import { ownRegistry } from './own-registry.ts';
import { type OwnWork, ownWork } from './own-work.ts';
import { createReloads, type Reloads } from './reloads.ts';
import { createRepository } from './repository.ts';
import { openRevision, type Served } from './revision.ts';
import { Revisions } from './revisions.ts';
import { createGatewayRollouts, type GatewayRollouts } from './rollouts.ts';
import { checkInternalServer, createOnJournal, openInternalServer, openPublicServer } from './servers.ts';
import { checkHost, tellShortened, warnIfOpen } from './start-checks.ts';
import { type GatewayState, openGatewayState } from './state.ts';

/** By then the public server has answered its calls, so nobody asks in here. */
const innerGraceMs = 1_000;

/** What of the folder can be served: whoever starts a gateway by itself has checked the folder before. */
async function readServed({ folder, endpoints }: CommandLine): Promise<Handover<Served>> {
  const { servable, problems } = await readMesh(folder);
  if (!servable) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));
  const { secret } = servable;
  return {
    what: { mesh: servable, endpoints, unserved: [], isStrict: false },
    secret: secret && readSecret('the secret of the mesh', secret),
  };
}

/** What reads the environment finds them there; nobody's code runs in this process. */
const takeVariables = ({ variables = {} }: Served): void => void Object.assign(process.env, variables);

/** All of a gateway but its servers. */
interface Gateway {
  readonly line: CommandLine;
  readonly mesh: Mesh;
  readonly secret: string | undefined;
  /** Of the public server. */
  readonly host: string;
  readonly state: GatewayState;
  readonly resilienceState: ResilienceState;
  readonly tracing: Tracing;
  readonly revisions: Revisions;
  readonly announcer: Announcer;
  readonly callLog: ServerCallLog;
  readonly reloads: Reloads;
  /** Undefined: nothing is counted. */
  readonly registry: Registry | undefined;
  readonly rollouts: GatewayRollouts;
  readonly work: OwnWork;
  /** Variables of OpenTelemetry that are not in the environment. */
  readonly exporter: Exporter | undefined;
}

await main(async () => {
  const line = readCommandLine();
  await openLog('gateway');
  const handover = await (line.isHandedOver ? handedOver<Served>() : readServed(line));
  takeVariables(handover.what);
  await serve(await openGateway(line, handover));
});

async function openGateway(line: CommandLine, { what, secret, exporter }: Handover<Served>): Promise<Gateway> {
  const { mesh } = what;
  const host = line.host ?? mesh.gateway.host;
  checkHost(mesh, host);
  warnIfOpen(mesh, host);
  if (line.innerPort !== undefined) checkInternalServer(mesh, secret, line.isOpen);
  /** Those in force. */
  let policiesNow = (): PoliciesSpec | undefined => mesh.policies;
  const registry = openRegistry(mesh);
  const resilienceState = createResilienceState(countOutbound(registry));
  const announcer = createAnnouncer(() => resilienceState.outages.isEmpty && revisions.isWhole);
  const state = await openGatewayState(mesh, {
    doKeysCount: () => policiesNow()?.identity.keys !== false,
    onFresh: announcer.announce,
  });
  tellShortened(mesh, state);
  const tracing = await createTracing('sheaf-gateway', exporter);
  const rollouts = createGatewayRollouts({ revisions: () => revisions, registry });
  const { onKept, propagation } = tracing;
  const isTried = (model: string): boolean => rollouts.book.of(model) !== undefined;
  const rules = () => revisions.current.served.mesh.jobs;
  const work = ownWork({ folder: mesh.folder, rules, audit: state.state.audit, registry });
  const answerCache = createAnswerCache({ registry, isTried });
  const layers = { traffic: rollouts.layer, answerCache, queue: work.queue };
  const ports = { ...state, ...layers, resilienceState, secret, onKept, propagation };
  const revisions = new Revisions(await openRevision(what, ports), line.number);
  rollouts.followFolder(mesh);
  policiesNow = () => revisions.current.served.mesh.policies;
  const callLog = createCallLog(() => policiesNow());
  const reloads = createReloads({
    revisions,
    ports,
    audit: state.state.audit,
    onRefused: () => countReload(registry, 'refused'),
    onTaken: () => {
      countReload(registry, 'taken');
      rollouts.followFolder(revisions.current.served.mesh);
      warnIfOpen(revisions.current.served.mesh, host);
      callLog.follow();
      tellShortened(revisions.current.served.mesh, state);
      announcer.keepAnnouncing();
    },
    onSteered: announcer.announce,
    onReread: (reread) => process.send?.({ kind: 'reread', what: reread } satisfies ProcessMessage),
  });
  const served = { state, resilienceState, tracing, revisions, announcer, callLog, reloads };
  return { line, mesh, secret, host, ...served, rollouts, work, registry, exporter };
}

/** Opens the servers, and follows the supervisor until the gateway is drained. */
/** What callers load and unload, which the supervisor does. */
function openRepository({ revisions, state }: Gateway): ReturnType<typeof createRepository> {
  let loading: readonly string[] = [];
  onLoading((names) => {
    loading = names;
  });
  return createRepository({
    current: () => revisions.current,
    audit: state.state.audit,
    control: askControl(),
    loading: () => loading,
  });
}

async function serve(gateway: Gateway): Promise<void> {
  const { line, mesh, secret, host, state, resilienceState, tracing, revisions, announcer, callLog, reloads } = gateway;
  const { outages, breakers, quarantine } = resilienceState;
  const bytes = new BytesInFlight(mesh.limits.bytesInFlightMax);
  countInFlight(() => bytes.used);
  const metrics = await openGatewayMetrics(gateway, bytes);
  const isServing = (name: string): boolean =>
    (outages.isEmpty && revisions.isWhole) || revisions.isReady(name, '', trustedCaller);
  const onJournal = createOnJournal(tracing, metrics);
  const shared = { mesh, revisions, tracing, onJournal, bytes, isServing, callers: () => server.standing().calls };
  // Neither is asked for before the server is open.
  const admin = createAdministration({
    ...{ revisions, reloads, breakers, quarantine },
    state: state.state,
    flushUses: state.flushUses,
    publicServer: () => ({ host, port: server.port, bytesInFlight: bytes.used }),
    metrics: metrics?.text,
    drain: () => drain(),
  });
  const ownedRegistry = ownRegistry(gateway);
  const calls = metrics ? bothLogs(callLog.calls, metrics.calls) : callLog.calls;
  const served = { admin, repository: openRepository(gateway), registry: ownedRegistry.service };
  const port = line.port ?? mesh.gateway.port;
  const own = { ...shared, ...served, host, port, calls, isFresh: state.isFresh, statistics: metrics?.statistics };
  const server = await openPublicServer({ ...own, later: gateway.work.services });
  const internal =
    line.innerPort === undefined ? undefined : await openInternalServer({ ...shared, port: line.innerPort, secret });
  announcer.servers.push(...(internal ? [internal, server] : [server]));
  metrics?.servers.push(server, ...(internal ? [internal] : []));
  onReload<Served, Steering>({
    reload: async (next) => {
      takeVariables(next);
      return reloads.serve(next);
    },
    steer: reloads.steer,
  });
  onOutages((now) => {
    outages.replace(now);
    announcer.keepAnnouncing();
  });
  // A trail in memory ends with this process.
  const endHeads = mesh.policies ? tellHeads(state.state, tracing.onJournal, metrics?.heads) : () => {};
  const endAwaiting = awaitForeign(revisions, reloads);
  const drain: Drain = drainOnSignal({
    server,
    noticeMs: mesh.gateway.noticeMs,
    graceMs: () => revisions.current.served.mesh.limits.deadlineMaxMs,
    tracing,
    close: async () => {
      await internal?.close(innerGraceMs);
      endAwaiting();
      endHeads();
      await metrics?.close();
      revisions.close();
      await Promise.all([state.close(), callLog.close(), ownedRegistry.close(), gateway.work.close()]);
    },
  });
  announcer.keepAnnouncing();
  report({ kind: 'ready', port: server.port }, `the gateway is ready on ${hostPort(host, server.port)}`);
}
