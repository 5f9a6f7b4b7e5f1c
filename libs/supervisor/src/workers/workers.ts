/** The workers of a mesh, which do what waits for later. */
import type { LevelChange } from '@sheaf/host';
import type { OnEvent } from '@sheaf/inference';
import type { Mesh } from '@sheaf/mesh';
import { exporterVariables, gatewayEnvironment, workerVariables } from '../process/process-environment.ts';
import { supervise } from '../process/supervise.ts';
import type { ProcessSpec, Supervised } from '../process/supervised.ts';
import { awaitFirstJob } from './first-job.ts';

/** A worker gives back what it has within this time. Milliseconds. */
const graceMs = 10_000;

export interface Workers {
  /** Those that were started; none until there is a first job. */
  readonly processes: readonly Supervised[];
  /** Replaces them one after the other; what they have under way others take over. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  kill(): void;
}

export interface WorkersOptions {
  /** The program of a worker. Undefined: there are none. */
  readonly module: URL | undefined;
  /** The addresses of the gateways' internal servers. */
  readonly gateways: readonly string[];
  /** The secret of the mesh; undefined where its processes show certificates. */
  readonly secret: string | undefined;
  readonly onEvent: OnEvent;
  /** Called with the addresses of all that were started so far. */
  readonly onTargets: (targets: readonly string[]) => void;
  readonly onLevels: (change: LevelChange) => void;
}

/** Starts them with the first job that there is, and those again that end. One that does not start is tried again: callers are served all the same. */
export function startWorkers(mesh: Mesh, options: WorkersOptions): Workers {
  const { module, onEvent, onTargets } = options;
  const { workers: count } = mesh.jobs;
  const started: Supervised[] = [];
  let isOver = false;
  let starting: Promise<unknown> = Promise.resolve();
  const startOne = async (index: number, program: URL): Promise<void> => {
    const process = await supervise(specOf(mesh, program, index, options));
    started.push(process);
    if (isOver) await process.stop();
    else {
      const { name, pid, port } = process;
      if (process.isReady)
        onEvent(`${name} is ready, pid ${pid}`, 'process.ready', { child: name, childPid: pid, port });
      onTargets(started.map(({ port }) => `127.0.0.1:${port}`));
    }
  };
  const startAll = (program: URL): void => {
    const all = Array.from({ length: count }, (_, index) => startOne(index, program));
    starting = Promise.allSettled(all).then((results) => {
      for (const result of results)
        if (result.status === 'rejected')
          onEvent(String(result.reason?.message ?? result.reason), 'jobs.worker-failed');
    });
  };
  const endWait = module && count > 0 ? awaitFirstJob(mesh.folder, () => startAll(module)) : () => {};
  return {
    processes: started,
    restart: async () => {
      for (const process of started) await process.restart();
    },
    stop: async () => {
      isOver = true;
      endWait();
      await Promise.all(started.map((process) => process.stop()));
      await starting;
    },
    kill: () => {
      isOver = true;
      endWait();
      for (const process of started) process.kill();
    },
  };
}

function specOf(
  mesh: Mesh,
  module: URL,
  index: number,
  { gateways, secret, onEvent, onLevels }: WorkersOptions,
): ProcessSpec {
  const { folder, limits, tls, jobs, gateway } = mesh;
  return {
    name: jobs.workers === 1 ? 'worker' : `worker-${index + 1}`,
    module,
    args: () => [folder, ...gateways.flatMap((target) => ['--gateway', target])],
    handover: () => ({
      what: { folder, limits, tls, jobs, metrics: gateway.metrics, variables: workerVariables(mesh) },
      secret,
      exporter: exporterVariables(),
    }),
    environment: () => gatewayEnvironment(),
    port: 0,
    isPatient: true,
    graceMs,
    onEvent,
    onLevels,
  };
}
