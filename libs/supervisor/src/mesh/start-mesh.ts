import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LevelChange } from '@sheaf/host';
import type { OnEvent } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { OutageBoard } from '../crash-loop/outage-board.ts';
import { type Gateways, innerPorts, startGateways } from '../gateways/gateways.ts';
import type { Supervised } from '../process/supervised.ts';
import type { Part } from '../rolling-restart/rolling-restart.ts';
import { createReplicas, type StartReplicas } from '../services/replicas.ts';
import {
  failureOfAll,
  planServices,
  type RunningServices,
  startServices,
  stopAll,
  unservedOf,
} from '../services/running-services.ts';
import { startWorkers, type Workers } from '../workers/workers.ts';
import { meshSecret } from './mesh-secret.ts';
import type { RunningMesh, StartOptions } from './running-mesh.ts';
import { lostLines, servedBy } from './served-by.ts';
import { ServedMesh } from './served-mesh.ts';

/**
 * Starts every service of the mesh as its own process, then the gateways. When one of a strict mesh fails, or a gateway, or what comes
 * after these, those that run are ended before it throws.
 */
export async function startMesh(mesh: Mesh, options: StartOptions): Promise<RunningMesh> {
  const { programs, onEvent, onReady = () => {}, onDrained = () => {}, port = mesh.gateway.port, signal } = options;
  const { isStrict = false } = options;
  await checkOwnName(mesh);
  const secret = meshSecret(mesh);
  const inner = await innerPorts(mesh);
  const tellReady = (process: Supervised): void => {
    if (process.isReady) tellProcess(process, onEvent);
    onReady();
  };
  // An event of one process while others still start is seen to when all have started.
  const whole = Promise.withResolvers<ServedMesh>();
  const onceUp = (task: (served: ServedMesh) => void): void => void whole.promise.then(task);
  const onLevels = (change: LevelChange): void => onceUp((served) => served.tellLevels(change));
  const board = new OutageBoard(() => gateways?.tellOutages());
  let gateways: Gateways | undefined;
  const start = createReplicas({
    module: programs.modelServer,
    secret,
    gateways: targetsOf(inner),
    graceMs: mesh.limits.deadlineMaxMs,
    board,
    onEvent,
    onReady: tellReady,
    onAgain: () => onceUp((served) => served.tellUnserved()),
    onContentChanged: (service, message) => onceUp((served) => served.takeUpFor(service, message)),
    startSignal: signal,
  });
  const services = await startAll(mesh, start, isStrict);
  const first = servedBy({ first: mesh, isStrict }, mesh, services);
  for (const line of lostLines(first)) onEvent(line, 'model.out');
  gateways = await startGateways(first, {
    port,
    inner,
    secret,
    onEvent,
    onAllLeft: onDrained,
    onReread: (next) => onceUp((served) => served.follow(next)),
    onControl: async (control) => (await whole.promise).control(control),
    onLevels,
    board,
    startSignal: signal,
    module: programs.gateway,
  }).catch(async (error: unknown) => {
    await stopAll(services.values());
    throw error;
  });
  const own = { module: programs.worker, gateways: targetsOf(inner), secret, onEvent, onLevels };
  const workers = startWorkers(mesh, { ...own, onTargets: (targets) => gateways?.tellWorkers(targets) });
  const served = new ServedMesh({ first: mesh, start, isStrict, onEvent, workers }, services, gateways);
  const running = runningMesh(served, { gateways, workers }, secret);
  await lastSteps(gateways, served, tellReady).catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  whole.resolve(served);
  return running;
}

async function lastSteps(gateways: Gateways, served: ServedMesh, tellReady: (process: Supervised) => void) {
  for (const gateway of gateways.processes) tellReady(gateway);
  gateways.tellOutages();
  await served.takeUpSeen();
}

const targetsOf = (ports: readonly number[]): string[] => ports.map((port) => `127.0.0.1:${port}`);

const tellProcess = ({ name, pid, port }: Supervised, onEvent: OnEvent): void =>
  onEvent(`${name} is ready, pid ${pid}, port ${port}`, 'process.ready', { child: name, childPid: pid, port });

/** Here every service listens on this machine only, and whoever asks it wants a certificate that says so. */
async function checkOwnName({ tls }: Mesh): Promise<void> {
  if (!tls || new X509Certificate(await readFile(tls.certificate)).checkIP('127.0.0.1')) return;
  throw new Error(
    'mesh.yaml: tls.certificate: it has to name 127.0.0.1, where the services listen, among its alternative names',
  );
}

/** The services of a mesh that starts; throws where none of them comes up, and nobody else's server is to be asked. */
async function startAll(mesh: Mesh, start: StartReplicas, isStrict: boolean): Promise<RunningServices> {
  const nothing: RunningServices = new Map();
  const { services } = await startServices(planServices(mesh, nothing), nothing, {
    start: (service, isPatient) => start(mesh, service, isPatient),
    isStrict,
    before: undefined,
  });
  const isAnyForeign = mesh.services.some(({ endpoint }) => endpoint);
  const nothingRuns = isAnyForeign ? undefined : failureOfAll(services.values());
  if (nothingRuns === undefined) return services;
  await stopAll(services.values());
  throw new Error(nothingRuns);
}

/** The mesh as commands and tests see it. */
function runningMesh(
  served: ServedMesh,
  { gateways, workers }: { readonly gateways: Gateways; readonly workers: Workers },
  secret: string | undefined,
): RunningMesh {
  const processes = (): readonly Supervised[] => [...served.services.values()].flatMap((service) => service.processes);
  return {
    get mesh() {
      return served.mesh;
    },
    get seen() {
      return served.seen;
    },
    get unserved() {
      return unservedOf(served.services.values());
    },
    secret,
    gateway: gateways.processes[0],
    gateways: gateways.processes,
    get services() {
      return processes();
    },
    workers: workers.processes,
    update: (next) => served.update(next),
    steer: (steering) => served.steer(steering),
    reread: () => served.reread(),
    get parts() {
      return partsOf(served, gateways, workers);
    },
    stop: async (notice = false) => {
      await served.stopChanging();
      // A worker asks gateways, and gives back what is not answered.
      await Promise.all([workers.stop(), gateways.stop(notice)]);
      await stopAll(served.services.values());
    },
    kill: () => {
      void served.stopChanging();
      workers.kill();
      for (const process of [...gateways.processes, ...processes()]) process.kill();
    },
  };
}

function partsOf(served: ServedMesh, gateways: Gateways, workers: Workers): readonly Part[] {
  const services = [...served.services.keys()].map(
    (name): Part => ({ name, kind: 'service', restart: () => served.restartService(name) }),
  );
  const gatewayParts = gateways.serving.map(
    (gateway): Part => ({ name: gateway.name, kind: 'gateway', restart: () => served.restartGateway(gateway) }),
  );
  const workerParts: readonly Part[] =
    workers.processes.length > 0 ? [{ name: 'worker', kind: 'worker', restart: workers.restart }] : [];
  return [...services, ...workerParts, ...gatewayParts];
}
