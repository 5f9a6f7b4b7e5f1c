import { setTimeout } from 'node:timers/promises';
import type { Unserved } from '@sheaf/host';
import type { Mesh } from '@sheaf/mesh';
import type { OutageBoard } from '../crash-loop/outage-board.ts';
import { freePort } from '../process/free-port.ts';
import { exporterVariables, gatewayEnvironment, gatewayVariables } from '../process/process-environment.ts';
import { type Supervised, supervise } from '../process/supervise.ts';

/** So long a change waits for a gateway that is started again: nobody would take it up later. */
const backMaxMs = 10_000;
const lookEveryMs = 20;

/** What a gateway is told to serve, with what of the environment it has to know for that. */
const handed = (served: Served) => ({ ...served, variables: gatewayVariables(served.mesh) });

/** What gateways serve: a state of the folder, and where its services are. */
export interface Served {
  readonly mesh: Mesh;
  readonly endpoints: readonly string[];
  /** What the services could not load. */
  readonly unserved: readonly (Unserved & { readonly isRetried: boolean })[];
  /** Whether all of it is to be served, or none. */
  readonly isStrict: boolean;
}

export interface Gateways {
  readonly processes: readonly [Supervised, ...Supervised[]];
  /** Without those that an operator has drained: they do not come back. */
  readonly serving: readonly Supervised[];
  /** Has all of them serve something else, or none: throws when one refuses. One that does not run now serves it when it is back. One at a time. */
  reload(next: Served): Promise<void>;
  /** Replaces one, unless an operator has drained it; throws while no other could take its calls. */
  restart(process: Supervised): Promise<void>;
  /** Has them know which endpoints are in a crash loop. */
  tellOutages(): void;
  stop(notice: boolean): Promise<void>;
}

/** An inner door for each gateway: fixed before anything starts, and for good, so that a transform finds its gateway whoever was replaced. */
export const innerPorts = ({ gateway: { replicas } }: Mesh): Promise<number[]> =>
  Promise.all(Array.from({ length: replicas }, freePort));

export interface GatewaysOptions {
  /** Of the first; the others have the next ones. 0: free ones. */
  readonly port: number;
  readonly inner: readonly number[];
  /** Of the mesh's inner doors; undefined where they want certificates. */
  readonly secret?: string | undefined;
  readonly onEvent: (line: string) => void;
  /** Told when the last of them has been drained by an operator. */
  readonly onAllLeft: () => void;
  /** Told what a gateway serves that an operator has had take up the folder: the others, and whoever comes after it, do not yet. */
  readonly onReread?: (mesh: Mesh) => void;
  readonly board: OutageBoard;
  readonly startSignal?: AbortSignal | undefined;
  /** The program of a gateway. */
  readonly module: URL;
}

/** Starts them; when one fails, those that run are ended before it throws. */
export async function startGateways(
  first: Served,
  { port, inner, secret, onEvent, onAllLeft, onReread = () => {}, board, startSignal, module }: GatewaysOptions,
): Promise<Gateways> {
  let served = first;
  /** What each of them serves. */
  const has: Served[] = [];
  const args = (index: number): string[] => {
    has[index] = served;
    return [
      served.mesh.folder,
      '--number',
      String(index + 1),
      '--inner-port',
      String(inner[index]),
      ...served.endpoints.flatMap((endpoint) => ['--endpoint', endpoint]),
    ];
  };
  const left = new Set<number>();
  const onLeft = (index: number): void => {
    left.add(index);
    if (left.size === inner.length) onAllLeft();
  };
  const tellOutages = (): void => {
    for (const process of processes) process.tell({ kind: 'outages', outages: board.outages });
  };
  let processes: readonly Supervised[] = [];
  const started = await Promise.allSettled(
    inner.map((_, index) =>
      supervise({
        name: inner.length === 1 ? 'gateway' : `gateway-${index + 1}`,
        module,
        args: () => args(index),
        handover: () => ({ what: handed(served), secret, exporter: exporterVariables() }),
        environment: () => gatewayEnvironment(first.mesh.gateway.env),
        port: port === 0 ? 0 : port + index,
        graceMs: first.mesh.gateway.noticeMs + first.mesh.limits.deadlineMaxMs,
        onEvent,
        startSignal,
        onLeft: () => onLeft(index),
        onReread: (mesh) => onReread(mesh as Mesh),
        onAgain: () => {
          tellOutages();
          void catchUp(index);
        },
      }),
    ),
  );
  processes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async (notice: boolean): Promise<void> =>
    void (await Promise.all(processes.map((process) => process.stop(notice))));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop(false);
    throw failed.reason;
  }
  const serving = (): readonly Supervised[] => processes.filter((_, index) => !left.has(index));
  const readyOnes = async (): Promise<readonly Supervised[]> => {
    const until = performance.now() + backMaxMs;
    for (;;) {
      const ready = serving().filter(({ isReady }) => isReady);
      if (ready.length > 0 || serving().length === 0 || performance.now() > until) return ready;
      await setTimeout(lookEveryMs);
    }
  };
  const reload = async (process: Supervised, next: Served): Promise<void> => {
    await process.reload(handed(next));
    has[processes.indexOf(process)] = next;
  };
  /** One that was started while the others took something up was started with what was before. */
  const catchUp = async (index: number): Promise<void> => {
    const process = processes[index];
    if (!process?.isReady || has[index] === served) return;
    await reload(process, served).catch(({ message }: Error) => onEvent(`${process.name} is behind: ${message}`));
  };
  return {
    get serving() {
      return serving();
    },
    processes: processes as [Supervised, ...Supervised[]],
    reload: async (next) => {
      const done: Supervised[] = [];
      try {
        const ready = await readyOnes();
        if (ready.length === 0) throw new Error('no gateway is running');
        for (const process of ready) {
          await reload(process, next);
          done.push(process);
        }
      } catch (error) {
        // They have served it a moment ago.
        await Promise.allSettled(done.map((process) => reload(process, served)));
        throw error;
      }
      served = next;
      await Promise.all(processes.map((_, index) => catchUp(index)));
    },
    restart: async (process) => {
      if (!serving().includes(process)) return;
      if (!serving().some((other) => other !== process && other.isReady))
        throw new Error(`${process.name} is left as it is: no other gateway is ready to take its calls`);
      await process.restart();
    },
    tellOutages,
    stop,
  };
}
