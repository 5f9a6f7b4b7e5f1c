import { setTimeout } from 'node:timers/promises';
import { type LevelChange, logCounts, type ModelControl, type Unserved } from '@sheaf/host';
import type { OnEvent } from '@sheaf/inference';
import { type Mesh, metricsPlace, type Steering } from '@sheaf/mesh';
import type { OutageBoard } from '../crash-loop/outage-board.ts';
import { freePort } from '../process/free-port.ts';
import { exporterVariables, gatewayEnvironment, gatewayVariables } from '../process/process-environment.ts';
import { supervise } from '../process/supervise.ts';
import type { ProcessSpec, Supervised, Taken } from '../process/supervised.ts';

/** So long a change waits for a gateway that is started again: nobody would take it up later. */
const backMaxMs = 10_000;
const lookEveryMs = 20;
/** How often the first of them is told of the lines of the log. */
const countEveryMs = 1_000;

/** Adds the variables of the environment that a gateway needs for what it is told to serve. */
const handed = (served: Served) => ({ ...served, variables: gatewayVariables(served.mesh) });

/** Gateways serve a state of the folder, and ask its services at these endpoints. */
export interface Served {
  readonly mesh: Mesh;
  readonly endpoints: readonly string[];
  /** The models that the services could not load. */
  readonly unserved: readonly (Unserved & { readonly isRetried: boolean })[];
  /** Whether all of it is to be served, or none. */
  readonly isStrict: boolean;
}

export interface Gateways {
  readonly processes: readonly [Supervised, ...Supervised[]];
  /** All but those that an operator has drained: they do not come back. */
  readonly serving: readonly Supervised[];
  /** Has all of them serve something else, or none: throws when one refuses. One that does not run now serves it when it is back. One at a time. */
  reload(next: Served): Promise<Taken>;
  /** The same for which versions answer, at all of them at once. Not while a reload is not in force yet. */
  steer(next: Steering): Promise<void>;
  /** Replaces one, unless an operator has drained it; throws while no other could take its calls. */
  restart(process: Supervised): Promise<void>;
  /** Has them know what is being loaded. */
  tellLoading(names: readonly string[]): void;
  /** Has them know which endpoints are in a crash loop. */
  tellOutages(): void;
  /** Has them know where the workers are. */
  tellWorkers(targets: readonly string[]): void;
  stop(notice: boolean): Promise<void>;
}

/** Finds a port for the internal server of each gateway: fixed before anything starts, and for good, so that a transform finds its gateway whoever was replaced. */
export const innerPorts = ({ gateway: { replicas } }: Mesh): Promise<number[]> =>
  Promise.all(Array.from({ length: replicas }, freePort));

export interface GatewaysOptions {
  /** The port of the first; the others have the next ones. 0: free ones. */
  readonly port: number;
  readonly inner: readonly number[];
  /** The secret of the mesh's internal servers; undefined where they want certificates. */
  readonly secret?: string | undefined;
  readonly onEvent: OnEvent;
  /** Called when an operator has drained the last of them. */
  readonly onAllLeft: () => void;
  /** Called with the mesh that a gateway serves since an operator had it take up the folder: the others, and whoever comes after it, do not yet. */
  readonly onReread?: (mesh: Mesh) => void;
  /** Called when an operator wants all of the mesh to tell more, or less. */
  readonly onLevels?: (change: LevelChange) => void;
  /** Called when a caller of one wants a model or pipeline loaded or unloaded. */
  readonly onControl?: (control: ModelControl) => Promise<void>;
  readonly board: OutageBoard;
  readonly startSignal?: AbortSignal | undefined;
  /** The program of a gateway. */
  readonly module: URL;
}

/** Starts them; when one fails, those that run are ended before it throws. */
export async function startGateways(first: Served, options: GatewaysOptions): Promise<Gateways> {
  const group = new GatewayGroup(first, options);
  await group.start();
  return group;
}

class GatewayGroup implements Gateways {
  readonly #options: GatewaysOptions;
  /** Their environment and their ends follow these settings of the start, whatever they serve later. */
  readonly #gateway: Mesh['gateway'];
  readonly #graceMs: number;
  #served: Served;
  /** Each of them serves the one of its number. */
  readonly #has: Served[] = [];
  /** Those that an operator has drained. */
  readonly #left = new Set<number>();
  #processes: readonly Supervised[] = [];
  #workers: readonly string[] = [];
  #counting: NodeJS.Timeout | undefined;

  constructor(first: Served, options: GatewaysOptions) {
    const { gateway, limits } = first.mesh;
    this.#options = options;
    this.#gateway = gateway;
    this.#graceMs = gateway.noticeMs + limits.deadlineMaxMs;
    this.#served = first;
  }

  async start(): Promise<void> {
    const started = await Promise.allSettled(this.#options.inner.map((_, index) => supervise(this.#specOf(index))));
    this.#processes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = started.find((result) => result.status === 'rejected');
    this.#counting = setInterval(() => this.#tellLogCounts(), countEveryMs).unref();
    if (!failed) return;
    await this.stop(false);
    throw failed.reason;
  }

  get processes(): readonly [Supervised, ...Supervised[]] {
    return this.#processes as [Supervised, ...Supervised[]];
  }

  get serving(): readonly Supervised[] {
    return this.#processes.filter((_, index) => !this.#left.has(index));
  }

  async reload(next: Served): Promise<Taken> {
    const done = new Map<Supervised, Taken>();
    try {
      for (const process of await this.#readyOnes()) done.set(process, await this.#reloadOne(process, next));
    } catch (error) {
      // They have served it a moment ago.
      await Promise.allSettled([...done.keys()].map((process) => this.#reloadOne(process, this.#served)));
      throw error;
    }
    await this.#serveAll(next);
    return { drained: Promise.all([...done.values()].map(({ drained }) => drained)).then(() => {}) };
  }

  async steer(next: Steering): Promise<void> {
    const { mesh } = this.#served;
    const served = { ...this.#served, mesh: { ...mesh, ...next } };
    const ready = await this.#readyOnes();
    const told = await Promise.allSettled(ready.map((process) => process.steer(next)));
    // One that has ended meanwhile serves it when it is back.
    const refused = told.find((one, index) => one.status === 'rejected' && ready[index]?.isReady);
    if (refused?.status === 'rejected') {
      const before: Steering = { aliases: mesh.aliases };
      await Promise.allSettled(ready.map((process) => process.steer(before)));
      throw refused.reason;
    }
    for (const [index, process] of ready.entries())
      if (told[index]?.status === 'fulfilled') this.#has[this.#processes.indexOf(process)] = served;
    await this.#serveAll(served);
  }

  /** Those that were started while the others took it up were started with what was served before. */
  async #serveAll(next: Served): Promise<void> {
    this.#served = next;
    await Promise.all(this.#processes.map((_, index) => this.#catchUp(index)));
  }

  async restart(process: Supervised): Promise<void> {
    if (!this.serving.includes(process)) return;
    if (!this.serving.some((other) => other !== process && other.isReady))
      throw new Error(`${process.name} is left as it is: no other gateway is ready to take its calls`);
    await process.restart();
  }

  tellLoading(loading: readonly string[]): void {
    for (const process of this.#processes) process.tell({ kind: 'loading', loading });
  }

  tellOutages(): void {
    const { outages } = this.#options.board;
    for (const process of this.#processes) process.tell({ kind: 'outages', outages });
  }

  tellWorkers(targets: readonly string[]): void {
    this.#workers = targets;
    for (const process of this.#processes) process.tell({ kind: 'workers', targets });
  }

  /** One of them, since they are the same numbers. */
  #tellLogCounts(): void {
    this.#processes[0]?.tell({ kind: 'log-counts', lines: logCounts() });
  }

  async stop(notice: boolean): Promise<void> {
    clearInterval(this.#counting);
    await Promise.all(this.#processes.map((process) => process.stop(notice)));
  }

  #specOf(index: number): ProcessSpec {
    const {
      inner,
      port,
      secret,
      module,
      onEvent,
      onReread = () => {},
      onLevels = () => {},
      onControl = async () => {},
      startSignal,
    } = this.#options;
    return {
      name: inner.length === 1 ? 'gateway' : `gateway-${index + 1}`,
      module,
      args: () => this.#argumentsOf(index),
      handover: () => ({ what: handed(this.#served), secret, exporter: exporterVariables() }),
      environment: () => gatewayEnvironment(this.#gateway.env),
      port: port === 0 ? 0 : port + index,
      graceMs: this.#graceMs,
      onEvent,
      startSignal,
      onLeft: () => this.#leave(index),
      onLevels,
      onControl,
      onReread: (mesh) => onReread(mesh as Mesh),
      onAgain: () => {
        this.tellOutages();
        this.tellWorkers(this.#workers);
        void this.#catchUp(index);
      },
    };
  }

  /** Notes what the gateway serves that is about to start, and answers its arguments. */
  #argumentsOf(index: number): string[] {
    const { mesh, endpoints } = this.#served;
    this.#has[index] = this.#served;
    return [
      mesh.folder,
      '--number',
      String(index + 1),
      '--inner-port',
      String(this.#options.inner[index]),
      ...this.#metricsArguments(index),
      ...endpoints.flatMap((endpoint) => ['--endpoint', endpoint]),
    ];
  }

  /** Only here it is known whether the port of the first was chosen. */
  #metricsArguments(index: number): string[] {
    const place = metricsPlace(this.#gateway, this.#options.port, index);
    return place ? ['--metrics', JSON.stringify(place)] : [];
  }

  #leave(index: number): void {
    this.#left.add(index);
    if (this.#left.size === this.#options.inner.length) this.#options.onAllLeft();
  }

  /** Those that run, of which one may have to come back first; throws when none does. */
  async #readyOnes(): Promise<readonly Supervised[]> {
    const until = performance.now() + backMaxMs;
    for (;;) {
      const ready = this.serving.filter(({ isReady }) => isReady);
      if (ready.length > 0) return ready;
      if (this.serving.length === 0 || performance.now() > until) throw new Error('no gateway is running');
      await setTimeout(lookEveryMs);
    }
  }

  async #reloadOne(process: Supervised, next: Served): Promise<Taken> {
    const taken = await process.reload(handed(next));
    this.#has[this.#processes.indexOf(process)] = next;
    return taken;
  }

  /** Tells a gateway that was started while the others took something up: it was started with what was served before. */
  async #catchUp(index: number): Promise<void> {
    const process = this.#processes[index];
    if (!process?.isReady || this.#has[index] === this.#served) return;
    await this.#reloadOne(process, this.#served).catch(({ message }: Error) =>
      this.#options.onEvent(`${process.name} is behind: ${message}`, 'reload.gateway-behind', {
        child: process.name,
      }),
    );
  }
}
