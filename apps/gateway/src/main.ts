/** The public door: models and pipelines alike, by name. */
import { parseArgs } from 'node:util';
import {
  createTracing,
  type Drain,
  drainOnSignal,
  handedOver,
  main,
  onOutages,
  onReload,
  type ProcessMessage,
  report,
} from '@sheaf/host';
import { isLoopback, loudlyOpen } from '@sheaf/identity';
import { type Infer, InferError, innerLimits, type Journal, type Limits, stack } from '@sheaf/inference';
import { enforceDeadline, explainOnRequest } from '@sheaf/layers';
import { formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import { createDoor, type Door, hostPort, mutualTls, type Strays } from '@sheaf/transport';
import { createAdministration } from './administration.ts';
import { awaitForeign } from './await-foreign.ts';
import { logTransition } from './breaker-book.ts';
import { openGeneration, type Served } from './generation.ts';
import { createGuards } from './guards.ts';
import { LiveCatalog } from './live-catalog.ts';
import { liveLimits } from './live-limits.ts';
import { createReloads } from './reloads.ts';
import { logShadows } from './shadow-log.ts';
import { openGatewayState } from './state.ts';

const usage =
  'usage: gateway <mesh folder> [--host <host>] [--port <port>] [--inner-port <port>] [--number <n>] --endpoint <service>=<target> ...';

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

/** What of the folder can be served: whoever starts a gateway by itself has checked the folder before. */
async function readServed(folder: string, endpoints: readonly string[]): Promise<Served> {
  const { servable, problems } = await readMesh(folder);
  if (!servable) throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('\n'));
  return { mesh: servable, endpoints, unserved: [], isStrict: false };
}

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
      // The mesh comes from the supervisor: all of its processes are to be of one state of the folder.
      handover: { type: 'boolean', default: false },
    },
  });
  const [folder] = positionals;
  if (!folder) throw new InferError('INVALID_ARGUMENT', usage);
  const first = await (values.handover ? handedOver<Served>() : readServed(folder, values.endpoint));
  const { mesh } = first;

  const host = values.host ?? mesh.gateway.host;
  const port = Number(values.port ?? mesh.gateway.port);
  checkHost(mesh, host);
  warnIfOpen(mesh, host);
  const state = await openGatewayState(mesh);
  const guards = createGuards({ onTransition: logTransition });
  const ports = { ...state, guards };
  const tracing = await createTracing('sheaf-gateway');
  const catalog = new LiveCatalog(await openGeneration(first, ports), Number(values.number));
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
  const { describe, isReady, names, snapshot } = catalog;
  const shadow = logShadows(console.log);
  const onJournal = (journal: Journal): void => {
    tracing.onJournal(journal);
    shadow(journal);
  };
  const isServing = (name: string): boolean => (guards.outages.isEmpty && catalog.isWhole) || isReady(name, '');
  const served = { describe, isReady, names, isServing, snapshot, onJournal, sample: tracing.sample };
  const limitsNow = (): Limits => catalog.current.served.mesh.limits;
  const limits = liveLimits(mesh.limits, limitsNow);
  const doors: Door[] = [];
  const announce = (): void => {
    for (const opened of doors) opened.open();
  };
  // What is not ready for another reason may be so again by then.
  let again: NodeJS.Timeout | undefined;
  const keepAnnouncing = (): void => {
    announce();
    clearInterval(again);
    again = guards.outages.isEmpty && catalog.isWhole ? undefined : setInterval(announce, announceMs).unref();
  };
  const reloads = createReloads({
    catalog,
    front: ports,
    audit: state.state.audit,
    onTaken: () => {
      warnIfOpen(catalog.current.served.mesh, host);
      keepAnnouncing();
    },
    onReread: (what) => process.send?.({ kind: 'reread', what } satisfies ProcessMessage),
  });
  const strays: Strays = {
    check: (...caller) => catalog.current.front.strays.check(...caller),
    take: (called) => catalog.current.front.strays.take(called),
  };
  // Neither is asked for before the door is open.
  const admin = createAdministration({
    catalog,
    reloads,
    audit: state.state.audit,
    breakers: guards.breakers,
    quarantine: guards.quarantine,
    offenders: guards.offenders,
    address: () => ({ host, port: door.port }),
    drain: () => drain(),
  });
  const door = await createDoor(
    { name: 'gateway', host, port, limits, tls: mesh.gateway.tls },
    { ...served, infer: around(catalog.infer), admit: (shown) => catalog.current.front.admit(shown), strays, admin },
  );
  // Calls from inside a graph: already let in and counted, so they enter below the policies. Never reachable from outside.
  const inner =
    values['inner-port'] === undefined
      ? undefined
      : await createDoor(
          {
            name: 'gateway',
            host: innerHost,
            port: Number(values['inner-port']),
            limits: liveLimits(innerLimits(mesh.limits), limitsNow),
            mesh: true,
            tls: mesh.tls && mutualTls(mesh.tls),
          },
          { ...served, infer: around(catalog.inner) },
        );
  doors.push(...(inner ? [inner, door] : [door]));
  onReload<Served>(reloads.serve);
  onOutages((outages) => {
    guards.outages.replace(outages);
    keepAnnouncing();
  });
  const endAwaiting = awaitForeign(catalog, reloads);
  const drain: Drain = drainOnSignal({
    door,
    noticeMs: mesh.gateway.noticeMs,
    graceMs: () => limits.deadlineMaxMs,
    tracing,
    close: async () => {
      await inner?.close(innerGraceMs);
      endAwaiting();
      catalog.close();
      await state.close();
    },
  });
  keepAnnouncing();
  report({ kind: 'ready', port: door.port }, `the gateway is ready on ${hostPort(host, door.port)}`);
});
