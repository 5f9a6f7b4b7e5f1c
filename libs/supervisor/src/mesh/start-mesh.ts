import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  contentChanged,
  followLimits,
  formatProblem,
  isKept,
  type Mesh,
  type MeshReading,
  readMesh,
  type Service,
  trustKeptProblem,
} from '@sheaf/mesh';
import { OutageBoard } from '../crash-loop/outage-board.ts';
import { type Gateways, innerPorts, type Served, startGateways } from '../gateways/gateways.ts';
import { type Supervised, supervise } from '../process/supervise.ts';
import type { Part } from '../rolling-restart/rolling-restart.ts';
import {
  allOrNone,
  endpointsOf,
  failureOfAll,
  missingFrom,
  planServices,
  type RunningServices,
  seenOf,
  startServices,
  stopAll,
  unservedOf,
} from '../services/running-services.ts';
import { serviceProcess } from '../services/service-process.ts';
import { meshSecret } from './mesh-secret.ts';
import type { RunningMesh, StartOptions } from './running-mesh.ts';
import { takeUpChanged } from './take-up-changed.ts';
import { Turns } from './turns.ts';

/** Here every service listens on this machine only, and whoever asks it wants a certificate that says so. */
async function checkOwnName({ tls }: Mesh): Promise<void> {
  if (!tls || new X509Certificate(await readFile(tls.certificate)).checkIP('127.0.0.1')) return;
  throw new Error(
    'mesh.yaml: tls.certificate: it has to name 127.0.0.1, where the services listen, among its alternative names',
  );
}

/**
 * Starts every service of the mesh as its own process, then the gateways. When one of a strict mesh fails, or a gateway, those that run are ended before it
 * throws.
 */
export async function startMesh(mesh: Mesh, options: StartOptions): Promise<RunningMesh> {
  const {
    programs,
    onEvent,
    onReady = () => {},
    onDrained: onLeft = () => {},
    port = mesh.gateway.port,
    signal,
    isStrict = false,
  } = options;
  await checkOwnName(mesh);
  const ready = (process: Supervised): Supervised => {
    if (process.isReady) onEvent(`${process.name} is ready, pid ${process.pid}, port ${process.port}`);
    onReady();
    return process;
  };
  const secret = meshSecret(mesh);
  const inner = await innerPorts(mesh);
  const asked = inner.flatMap((innerPort) => ['--gateway', `127.0.0.1:${innerPort}`]);
  let toldTo: Gateways | undefined;
  let stopping = false;
  const board = new OutageBoard(() => toldTo?.tellOutages());
  /** While one still starts, another may find that its folder has changed. */
  const isUp = Promise.withResolvers<void>();
  const turns = new Turns(isUp.promise);
  /** Services for which the folder is about to be taken up: one time is enough for all of its processes, and their next starts. */
  const changing = new Set<string>();
  const startReplica = async (holding: Mesh, service: Service, name: string, isPatient: boolean) => {
    const process = await supervise({
      ...serviceProcess(programs.modelServer, holding, service, secret),
      name,
      args: () => [mesh.folder, '--service', service.name, ...asked],
      isPatient,
      port: service.port,
      graceMs: mesh.limits.deadlineMaxMs,
      onEvent,
      startSignal: signal,
      onAgain: () => void turns.take(() => tellUnserved()).catch(({ message }: Error) => onEvent(message)),
      onLoop: (loop) => board.set(service.name, `127.0.0.1:${process.port}`, loop),
      onRefused: (reason, message) => {
        if (reason !== contentChanged || stopping || changing.has(service.name)) return;
        changing.add(service.name);
        const taken = takeUpChanged(message, () => turns.take(() => takeUpFor(service.name)), onEvent);
        void taken.finally(() => changing.delete(service.name));
      },
    });
    return ready(process);
  };
  const startOf =
    (holding: Mesh) =>
    (service: Service, isPatient: boolean): Promise<Supervised[]> =>
      allOrNone(
        Array.from({ length: service.replicas }, (_, index) =>
          startReplica(
            holding,
            service,
            service.replicas === 1 ? service.name : `${service.name}-${index + 1}`,
            isPatient,
          ),
        ),
      );
  const nothing: RunningServices = new Map();
  const beginning = { start: startOf(mesh), isStrict, before: undefined };
  let { services: running } = await startServices(planServices(mesh, nothing), nothing, beginning);
  const isAnyForeign = mesh.services.some(({ endpoint }) => endpoint);
  const nothingRuns = isAnyForeign ? undefined : failureOfAll(running.values());
  if (nothingRuns !== undefined) {
    await stopAll(running.values());
    throw new Error(nothingRuns);
  }
  let served = mesh;
  const servedBy = (state: Mesh, services: RunningServices): Served => ({
    mesh: { ...state, limits: followLimits(mesh.limits, state.limits) },
    endpoints: endpointsOf(services),
    unserved: unservedOf(services.values()),
    isStrict,
  });
  let told = servedBy(served, running);
  const tellLost = (known: Served['unserved']): void => {
    const lost = told.unserved.filter((one) => !one.isRetried && !known.some((other) => isDeepStrictEqual(other, one)));
    for (const { name, version, why } of lost) onEvent(`model ${name}/${version} is out: ${why}`);
  };
  tellLost([]);
  const gateways = await startGateways(told, {
    port,
    inner,
    secret,
    onEvent,
    onAllLeft: onLeft,
    onReread: (next) =>
      void turns.take(async () => !stopping && (await update(next))).catch(({ message }: Error) => onEvent(message)),
    board,
    startSignal: signal,
    module: programs.gateway,
  }).catch(async (error: unknown) => {
    await stopAll(running.values());
    throw error;
  });
  for (const gateway of gateways.processes) ready(gateway);
  toldTo = gateways;
  gateways.tellOutages();
  const tell = async (next: Served): Promise<void> => {
    await gateways.reload(next);
    const { unserved: known } = told;
    told = next;
    tellLost(known);
  };
  /** A service that is up again may serve more or less than the last time. */
  const tellUnserved = async (): Promise<void> => {
    const now = servedBy(served, running);
    if (!isDeepStrictEqual(now.unserved, told.unserved)) await tell(now);
  };
  const readServed = (keep?: ReadonlyMap<string, string>): Promise<MeshReading> =>
    readMesh(mesh.folder, { before: served, ...(keep ? { keep } : {}), seen: seenOf(running.values()) });
  const update = async (wanted: Mesh): Promise<boolean> => {
    const kept = trustKeptProblem(mesh, wanted);
    if (kept) throw new Error(kept);
    let next = wanted;
    let started = running;
    const keep = new Map<string, string>();
    for (let known = -1; known !== keep.size; ) {
      known = keep.size;
      const plan = planServices(next, running, started);
      if (plan.toStart.length > 0 && !isStrict) await takeUpPolicies(next);
      const { services, failed } = await startServices(plan, running, {
        start: startOf(next),
        isStrict,
        before: served,
      });
      await stopAll(missingFrom(services, started).filter((one) => running.get(one.service.name) !== one));
      started = services;
      for (const [name, why] of failed) {
        onEvent(`${name} goes on as it was, since what was to replace it does not come up: ${why}`);
        keep.set(name, why);
      }
      // Pipelines that fit what does not come up may not fit what goes on.
      if (failed.size > 0) next = (await readServed(keep)).servable ?? next;
    }
    if (isDeepStrictEqual(next, served) && missingFrom(running, started).length === 0) return false;
    await serve(next, started);
    return true;
  };
  /** Who may call, and how much, is not to wait until services have started; where names lead has to. */
  const takeUpPolicies = async ({ policies }: Mesh): Promise<void> => {
    const { policies: old } = served;
    if (!policies || !old || isDeepStrictEqual({ ...policies, routes: old.routes }, old)) return;
    await serve({ ...served, policies: { ...policies, routes: old.routes } }, running);
  };
  /** Calls that are under way are finished by what they are under way to. */
  const serve = async (next: Mesh, started: RunningServices): Promise<void> => {
    const old = running;
    try {
      await tell(servedBy(next, started));
    } catch (error) {
      await stopAll(missingFrom(old, started));
      throw error;
    }
    running = started;
    served = next;
    await stopAll(missingFrom(started, old));
  };
  const reread = (): Promise<void> =>
    turns.take(async () => {
      const { mesh: next, problems } = await readMesh(mesh.folder, { seen: seenOf(running.values()) });
      if (!next) throw new Error(problems.map(formatProblem).join('\n'));
      if (!stopping) await update(next);
    });
  /** For a service whose process has found other files than it was given: what is broken elsewhere is no reason to do without it. */
  const takeUpFor = async (name: string): Promise<void> => {
    const { mesh: whole, servable, problems } = await readServed();
    const next = isStrict ? whole : servable;
    const service = next?.services.find((one) => one.name === name);
    if (!next || (service && isKept(next, service))) throw new Error(problems.map(formatProblem).join('\n'));
    if (!stopping) await update(next);
  };
  const restartService = async (name: string): Promise<void> => {
    const service = served.services.find((one) => one.name === name);
    const old = running.get(name);
    // Meanwhile the folder may have lost it.
    if (!service || !old) return;
    // As after a change: its port cannot be had twice.
    const processes = await startOf(served)({ ...service, port: 0 }, false);
    await serve(served, new Map([...running, [name, { ...old, processes }]]));
  };
  // Pipelines that do not fit what files declare may fit what their models give.
  if (!isStrict && seenOf(running.values()).size > 0 && mesh.out.some(({ kind }) => kind === 'pipeline')) {
    const { servable } = await readServed();
    if (servable) await update(servable);
  }
  isUp.resolve();
  return {
    get mesh() {
      return served;
    },
    get seen() {
      return seenOf(running.values());
    },
    secret,
    gateway: gateways.processes[0],
    gateways: gateways.processes,
    get services() {
      return [...running.values()].flatMap(({ processes }) => processes);
    },
    update: (next) => turns.take(() => update(next)),
    reread,
    get parts() {
      const services = [...running.keys()].map(
        (name): Part => ({ name, kind: 'service', restart: () => turns.take(() => restartService(name)) }),
      );
      const doors = gateways.serving.map(
        (gateway): Part => ({
          name: gateway.name,
          kind: 'gateway',
          restart: () => turns.take(() => gateways.restart(gateway)),
        }),
      );
      return [...services, ...doors];
    },
    stop: async (notice = false) => {
      stopping = true;
      await turns.ended();
      await gateways.stop(notice);
      await stopAll(running.values());
    },
    kill: () => {
      stopping = true;
      const services = [...running.values()].flatMap(({ processes }) => processes);
      for (const process of [...gateways.processes, ...services]) process.kill();
    },
  };
}
