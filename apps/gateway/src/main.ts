/** The public door: models and pipelines alike, by name. */

import { parseArgs } from 'node:util';
import {
  checkInnerDoor,
  countInFlight,
  createTracing,
  type Drain,
  drainOnSignal,
  type Handover,
  handedOver,
  main,
  onOutages,
  onReload,
  type ProcessMessage,
  report,
} from '@sheaf/host';
import { loudlyOpen, shortenedLine } from '@sheaf/identity';
import {
  type Infer,
  InferError,
  innerLimits,
  isLoopback,
  type Journal,
  type Limits,
  type Sample,
  stack,
} from '@sheaf/inference';
import { enforceDeadline, explainOnRequest } from '@sheaf/layers';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { createResilienceState, logTransition } from '@sheaf/outbound';
import { type PoliciesSpec, tellOnlySeen } from '@sheaf/policies';
import {
  BytesInFlight,
  createServer,
  hostPort,
  mutualTls,
  readSecret,
  type Server,
  type Strays,
} from '@sheaf/transport';
import { createAdministration } from './administration.ts';
import { tellHeads } from './audit-heads.ts';
import { awaitForeign } from './await-foreign.ts';
import { createCallLog } from './call-log.ts';
import { liveLimits } from './live-limits.ts';
import { createReloads } from './reloads.ts';
import { openRevision, type Served } from './revision.ts';
import { Revisions } from './revisions.ts';
import { logShadows } from './shadow-log.ts';
import { type GatewayState, openGatewayState } from './state.ts';

const usage =
  'usage: gateway <mesh folder> [--host <host>] [--port <port>] [--inner-port <port>] [--number <n>] [--open] --endpoint <service>=<target> ...';

const innerHost = '127.0.0.1';
/** By then the public door has answered its calls, so nobody asks in here. */
const innerGraceMs = 1_000;
/** How often health is looked at while a service is in a crash loop. */
const announceMs = 1_000;

/** Nobody's door is open to the world by oversight; who means it has it said aloud (`warnIfOpen`). */
function checkHost({ policies }: Mesh, host: string): void {
  if (!policies && !isLoopback(host))
    throw new InferError(
      'FAILED_PRECONDITION',
      `${host} is not loopback: want a policies.yaml in the folder that says who may call`,
    );
}

function warnIfOpen({ policies }: Mesh, host: string): void {
  const warning = policies && loudlyOpen(policies.identity, host);
  if (warning) console.error(warning);
}

/** Whose key ends before its time is not to be surprised. */
function tellShortened({ policies }: Mesh, { keys, isFresh }: GatewayState): void {
  const line = isFresh() && shortenedLine(keys().values(), Date.now(), policies?.identity.keyDaysMax);
  if (line) console.error(line);
}

/** What of the folder can be served: whoever starts a gateway by itself has checked the folder before. */
async function readServed(folder: string, endpoints: readonly string[]): Promise<Handover<Served>> {
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

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      host: { type: 'string' },
      port: { type: 'string' },
      'inner-port': { type: 'string' },
      // Which of the mesh's gateways this is.
      number: { type: 'string', default: '1' },
      endpoint: { type: 'string', multiple: true, default: [] },
      // Whoever reaches the inner door may ask.
      open: { type: 'boolean', default: false },
      // The mesh comes from the supervisor: all of its processes are to be of one state of the folder.
      handover: { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  if (!folder) throw new InferError('INVALID_ARGUMENT', usage);
  const handover = await (values.handover ? handedOver<Served>() : readServed(folder, values.endpoint));
  const { what: first, secret, exporter } = handover;
  const { mesh } = first;
  takeVariables(first);

  const host = values.host ?? mesh.gateway.host;
  const port = Number(values.port ?? mesh.gateway.port);
  checkHost(mesh, host);
  warnIfOpen(mesh, host);
  const doors: Server[] = [];
  const announce = (): void => {
    for (const opened of doors) opened.open();
  };
  const innerPort = values['inner-port'];
  if (innerPort !== undefined)
    checkInnerDoor({
      name: "the gateway's inner door",
      host: innerHost,
      isLoopback: true,
      isTls: mesh.tls !== undefined,
      secret,
      isOpen: values.open,
      isInsecure: false,
    });
  /** Those in force. */
  let policiesNow = (): PoliciesSpec | undefined => mesh.policies;
  const state = await openGatewayState(mesh, {
    doKeysCount: () => policiesNow()?.identity.keys !== false,
    onFresh: announce,
  });
  tellShortened(mesh, state);
  const resilienceState = createResilienceState({ onTransition: logTransition });
  const ports = { ...state, resilienceState, secret };
  const tracing = await createTracing('sheaf-gateway', exporter);
  const revisions = new Revisions(await openRevision(first, ports), Number(values.number));
  /** What both doors have before all else. */
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
  const { describe, isReady, names, snapshot } = revisions;
  const shadow = logShadows(console.log);
  const onJournal = (journal: Journal): void => {
    tracing.onJournal(journal);
    shadow(journal);
  };
  const isServing = (name: string): boolean =>
    (resilienceState.outages.isEmpty && revisions.isWhole) || isReady(name, '');
  const served = { describe, isReady, names, isServing, snapshot, onJournal };
  policiesNow = () => revisions.current.served.mesh.policies;
  const callLog = createCallLog(() => policiesNow());
  /** Without policies it is somebody of this machine who calls. */
  const sample: Sample = (traceId, parent) =>
    policiesNow() === undefined || policiesNow()?.trustCallersSampling
      ? tracing.sample(traceId, parent)
      : tracing.sampleStrangers(traceId, parent);
  const limitsNow = (): Limits => revisions.current.served.mesh.limits;
  const limits = liveLimits(mesh.limits, limitsNow);
  const bytes = new BytesInFlight(mesh.limits.bytesInFlightMax);
  countInFlight(() => bytes.used);
  // What is not ready for another reason may be so again by then.
  let again: NodeJS.Timeout | undefined;
  const keepAnnouncing = (): void => {
    announce();
    clearInterval(again);
    again =
      resilienceState.outages.isEmpty && revisions.isWhole ? undefined : setInterval(announce, announceMs).unref();
  };
  const reloads = createReloads({
    revisions,
    ports,
    audit: state.state.audit,
    onTaken: () => {
      warnIfOpen(revisions.current.served.mesh, host);
      callLog.follow();
      tellShortened(revisions.current.served.mesh, state);
      keepAnnouncing();
    },
    onReread: (what) => process.send?.({ kind: 'reread', what } satisfies ProcessMessage),
  });
  const strays: Strays = {
    check: (...caller) => revisions.current.policyStack.strays.check(...caller),
    take: (called) => revisions.current.policyStack.strays.take(called),
  };
  // Neither is asked for before the door is open.
  const admin = createAdministration({
    revisions,
    reloads,
    state: state.state,
    flushUses: state.flushUses,
    breakers: resilienceState.breakers,
    quarantine: resilienceState.quarantine,
    door: () => ({ host, port: door.port, bytesInFlight: bytes.used }),
    drain: () => drain(),
  });
  const door = await createServer(
    { name: 'gateway', host, port, limits, bytes, tls: mesh.gateway.tls, connections: mesh.gateway },
    {
      ...served,
      sample,
      // Outermost, since it is about all that a caller is told.
      infer: stack(
        [tellOnlySeen((principal) => revisions.current.policyStack.sightOf(principal))],
        around(revisions.infer),
      ),
      admit: (shown) => revisions.current.policyStack.admit(shown),
      strays,
      admin,
      calls: callLog.calls,
      // Not of the inner door: whoever asks there has been let in.
      isWell: state.isFresh,
    },
  );
  // Calls from inside a graph: already let in and counted, so they enter below the policies. Never reachable from outside.
  const inner =
    innerPort === undefined
      ? undefined
      : await createServer(
          {
            name: 'gateway',
            host: innerHost,
            port: Number(innerPort),
            limits: liveLimits(innerLimits(mesh.limits), limitsNow),
            bytes,
            mesh: true,
            tls: mesh.tls && mutualTls(mesh.tls),
            secret,
          },
          { ...served, sample: tracing.sampleInner, infer: around(revisions.inner) },
        );
  doors.push(...(inner ? [inner, door] : [door]));
  onReload<Served>(async (next) => {
    takeVariables(next);
    await reloads.serve(next);
  });
  onOutages((outages) => {
    resilienceState.outages.replace(outages);
    keepAnnouncing();
  });
  // A trail in memory ends with this process.
  const endHeads = mesh.policies ? tellHeads(state.state, tracing.onJournal) : () => {};
  const endAwaiting = awaitForeign(revisions, reloads);
  const drain: Drain = drainOnSignal({
    door,
    noticeMs: mesh.gateway.noticeMs,
    graceMs: () => limits.deadlineMaxMs,
    tracing,
    close: async () => {
      await inner?.close(innerGraceMs);
      endAwaiting();
      endHeads();
      revisions.close();
      await Promise.all([state.close(), callLog.close()]);
    },
  });
  keepAnnouncing();
  report({ kind: 'ready', port: door.port }, `the gateway is ready on ${hostPort(host, door.port)}`);
});
