import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  contentChanged,
  fingerprint,
  followLimits,
  formatProblem,
  type Mesh,
  readMesh,
  type Service,
} from '@sheaf/mesh';
import { type Gateways, innerPorts, startGateways } from './gateways.ts';
import { OutageBoard } from './outage-board.ts';
import type { Part } from './rolling-restart.ts';
import { type Supervised, supervise } from './supervisor.ts';
import { takeUpChanged } from './take-up-changed.ts';

const modelServer = new URL('../../model-server/src/main.ts', import.meta.url);

export interface RunningMesh {
  /** The first. */
  readonly gateway: Supervised;
  readonly gateways: readonly Supervised[];
  /** Those that we started; foreign ones are not ours. */
  readonly services: readonly Supervised[];
  /**
   * Serves another state of the folder from now on, all at once: services that changed are started beside the old ones, which go when the last
   * call that came in before has ended. Answers false when nothing is different. Throws when any part of it cannot be served; all is then as
   * before.
   */
  update(mesh: Mesh): Promise<boolean>;
  /** Takes up the folder as it is now; throws with its mistakes. */
  reread(): Promise<void>;
  /** What can be replaced while the mesh serves. */
  readonly parts: readonly Part[];
  /** The gateway first, then what stands behind it. `notice`: callers get the time to go to another mesh. */
  stop(notice?: boolean): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

export interface StartOptions {
  /** A line whenever something becomes ready, ends or starts again. */
  readonly onEvent: (line: string) => void;
  /** Called once for each process when it is ready for the first time. */
  readonly onReady?: () => void;
  /** Called when somebody has drained the gateway: nobody reaches the services any more. */
  readonly onDrained?: () => void;
  /** Overrides the gateway's port; 0 takes a free one. */
  readonly port?: number;
  /** Gives the start up: what runs already is ended, and it throws. */
  readonly signal?: AbortSignal;
}

/** Here every service listens on this machine only, and whoever asks it wants a certificate that says so. */
async function checkOwnName({ tls }: Mesh): Promise<void> {
  if (!tls || new X509Certificate(await readFile(tls.certificate)).checkIP('127.0.0.1')) return;
  throw new Error(
    'mesh.yaml: tls.certificate: it has to name 127.0.0.1, where the services listen, among its alternative names',
  );
}

/** A service that runs, and what it runs. */
interface Running {
  /** One for each replica. */
  readonly processes: readonly Supervised[];
  readonly fingerprint: string;
}

/** All replicas of a service, as a state of the mesh has it. */
type Start = (mesh: Mesh, service: Service) => Promise<Supervised[]>;

/** Starts every service of the mesh as its own process, then the gateways. When one fails, those that run are ended before it throws. */
export async function startMesh(mesh: Mesh, options: StartOptions): Promise<RunningMesh> {
  const { onEvent, onReady = () => {}, onDrained: onLeft = () => {}, port = mesh.gateway.port, signal } = options;
  await checkOwnName(mesh);
  const ready = (process: Supervised): Supervised => {
    onEvent(`${process.name} is ready, pid ${process.pid}, port ${process.port}`);
    onReady();
    return process;
  };
  const inner = await innerPorts(mesh);
  const asked = inner.flatMap((innerPort) => ['--gateway', `127.0.0.1:${innerPort}`]);
  let toldTo: Gateways | undefined;
  let stopping = false;
  const board = new OutageBoard(() => toldTo?.tellOutages());
  const startReplica = async (next: Mesh, service: string, name: string, servicePort: number): Promise<Supervised> => {
    // Who may call is no matter of theirs.
    const given: Mesh = { ...next, policies: undefined };
    const process = await supervise({
      name,
      module: modelServer,
      args: () => [mesh.folder, '--service', service, ...asked],
      handover: () => given,
      port: servicePort,
      graceMs: mesh.limits.deadlineMaxMs,
      onEvent,
      startSignal: signal,
      onLoop: (loop) => board.set(service, `127.0.0.1:${process.port}`, loop),
      onRefused: (reason, message) => {
        if (reason === contentChanged && !stopping) void takeUpChanged(message, reread, onEvent);
      },
    });
    return ready(process);
  };
  const start: Start = (next, { name, port: servicePort, replicas }) =>
    allOrNone(
      Array.from({ length: replicas }, (_, index) =>
        startReplica(next, name, replicas === 1 ? name : `${name}-${index + 1}`, servicePort),
      ),
    );

  let running: ReadonlyMap<string, Running> = await startServices(mesh, new Map(), start);
  const first = { mesh, endpoints: endpointsOf(running) };
  const gateways = await startGateways(first, {
    port,
    inner,
    onEvent,
    onAllLeft: onLeft,
    board,
    startSignal: signal,
  }).catch(async (error: unknown) => {
    await stopAll(running.values());
    throw error;
  });
  for (const gateway of gateways.processes) ready(gateway);
  toldTo = gateways;
  gateways.tellOutages();
  let served = mesh;
  /** Changes come one after another. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = last.then(change, change);
    last = done;
    return done;
  };

  const update = async (next: Mesh): Promise<boolean> => {
    if (!isDeepStrictEqual(next.tls, mesh.tls))
      throw new Error('mesh.yaml: tls: services of the old and the new one could not talk; start the mesh again');
    const started = await startServices(next, running, start);
    if (isDeepStrictEqual(next, served) && missingFrom(running, started).length === 0) return false;
    await serve(next, started);
    return true;
  };
  /** Calls that are under way are finished by what they are under way to. */
  const serve = async (next: Mesh, started: ReadonlyMap<string, Running>): Promise<void> => {
    const old = running;
    try {
      const limits = followLimits(mesh.limits, next.limits);
      await gateways.reload({ mesh: { ...next, limits }, endpoints: endpointsOf(started) });
    } catch (error) {
      await stopAll(missingFrom(old, started));
      throw error;
    }
    running = started;
    served = next;
    await stopAll(missingFrom(started, old));
  };
  const reread = async (): Promise<void> => {
    const { mesh: next, problems } = await readMesh(mesh.folder);
    if (!next) throw new Error(problems.map(formatProblem).join('\n'));
    await inTurn(async () => !stopping && (await update(next)));
  };
  const restartService = async (name: string): Promise<void> => {
    const service = served.services.find((one) => one.name === name);
    const old = running.get(name);
    // Meanwhile the folder may have lost it.
    if (!service || !old) return;
    // As after a change: its port cannot be had twice.
    const processes = await start(served, { ...service, port: 0 });
    await serve(served, new Map([...running, [name, { ...old, processes }]]));
  };
  return {
    gateway: gateways.processes[0],
    gateways: gateways.processes,
    get services() {
      return [...running.values()].flatMap(({ processes }) => processes);
    },
    update: (next) => inTurn(() => update(next)),
    reread,
    get parts() {
      const services = [...running.keys()].map(
        (name): Part => ({ name, kind: 'service', restart: () => inTurn(() => restartService(name)) }),
      );
      const doors = gateways.serving.map(
        (gateway): Part => ({
          name: gateway.name,
          kind: 'gateway',
          restart: () => inTurn(() => gateways.restart(gateway)),
        }),
      );
      return [...services, ...doors];
    },
    stop: async (notice = false) => {
      stopping = true;
      await last.catch(() => {});
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

/** The services of a mesh: those of `old` that are unchanged, and the others started. When one fails, the others that were started are ended. */
async function startServices(
  mesh: Mesh,
  old: ReadonlyMap<string, Running>,
  start: Start,
): Promise<Map<string, Running>> {
  const own = mesh.services.filter(({ endpoint }) => !endpoint);
  const results = await Promise.allSettled(
    own.map(async (service): Promise<[string, Running]> => {
      const print = fingerprint(mesh, service);
      const same = old.get(service.name);
      if (same?.fingerprint === print) return [service.name, same];
      // A port that is told cannot be had twice; the gateway does not mind, it is told the new one.
      const processes = await start(mesh, same ? { ...service, port: 0 } : service);
      return [service.name, { processes, fingerprint: print }];
    }),
  );
  const services = new Map(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return services;
  await stopAll(missingFrom(old, services));
  throw failed.reason;
}

/** When one cannot be started, the others are ended. */
async function allOrNone(starting: readonly Promise<Supervised>[]): Promise<Supervised[]> {
  const results = await Promise.allSettled(starting);
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return started;
  await Promise.all(started.map((process) => process.stop()));
  throw failed.reason;
}

const endpointsOf = (services: ReadonlyMap<string, Running>): string[] =>
  [...services].flatMap(([name, { processes }]) => processes.map(({ port }) => `${name}=127.0.0.1:${port}`));

/** What `some` runs and `these` do not. */
const missingFrom = (these: ReadonlyMap<string, Running>, some: ReadonlyMap<string, Running>): Running[] =>
  [...some].flatMap(([name, running]) => (these.get(name) === running ? [] : [running]));

const stopAll = async (services: Iterable<Running>): Promise<void> => {
  await Promise.all(Array.from(services).flatMap(({ processes }) => processes.map((process) => process.stop())));
};
