/** A mesh serves one state of its folder. This changes it to another one: one change at a time, each taken up by all of its processes or by none. */

import { isDeepStrictEqual } from 'node:util';
import { type LevelChange, type ModelControl, setLogLevels, tellLogLevels, unservedName } from '@sheaf/host';
import { InferError, Turns } from '@sheaf/inference';
import {
  formatProblem,
  isKept,
  type Mesh,
  type MeshReading,
  readMesh,
  type SeenSignatures,
  type Steering,
  steeringProblem,
  trustKeptProblem,
} from '@sheaf/mesh';
import type { Gateways, Served } from '../gateways/gateways.ts';
import type { Supervised, Taken } from '../process/supervised.ts';
import {
  lostBy,
  missingFrom,
  planServices,
  type RunningServices,
  type ServicesStarted,
  seenOf,
  startServices,
  stopAll,
} from '../services/running-services.ts';
import { namesAfter, readControlled } from './model-control.ts';
import { type ReadNext, wholeOf } from './read-next.ts';
import { lostLines, type ServedMeshOptions, servedBy } from './served-by.ts';
import { takeUpChanged } from './take-up-changed.ts';

/** Each change waits for those before it. Calls that are under way are finished by what they are under way to. */
export class ServedMesh {
  readonly #options: ServedMeshOptions;
  readonly #gateways: Gateways;
  readonly #turns = new Turns();
  /** Gateways are told one thing after the other: a reload until it is in force, or which versions answer. */
  readonly #tells = new Turns();
  #mesh: Mesh;
  #services: RunningServices;
  /** The gateways were told this last. */
  #told: Served;
  #isStopping = false;
  /** Services for which the folder is about to be taken up: one time is enough for all of its processes, and their next starts. */
  readonly #changing = new Set<string>();

  /** `services` run, and `gateways` serve them. */
  constructor(options: ServedMeshOptions, services: RunningServices, gateways: Gateways) {
    this.#options = options;
    this.#gateways = gateways;
    this.#mesh = options.first;
    this.#services = services;
    this.#told = servedBy(options, this.#mesh, services);
  }

  /** The state of the folder that is served. */
  get mesh(): Mesh {
    return this.#mesh;
  }

  get services(): RunningServices {
    return this.#services;
  }

  get seen(): SeenSignatures {
    return seenOf(this.#services.values());
  }

  /** Has every process that runs now tell more, or less; this one too. */
  tellLevels(change: LevelChange): void {
    setLogLevels(change);
    tellLogLevels(change);
    const others = [...this.#services.values(), this.#options.workers].flatMap(({ processes }) => processes);
    for (const process of [...this.#gateways.processes, ...others]) process.tell({ kind: 'levels', change });
  }

  /** Serves another state of the folder; answers false when nothing is different. What reads it is called in its turn. */
  update(next: Mesh | ReadNext): Promise<boolean> {
    return this.#turns.take(() => this.#update(next));
  }

  /** Has other versions answer; does not wait for changes that are under way, which go on with it. `from`: only where aliases are still these. */
  steer(steering: Steering, from?: Mesh['aliases']): Promise<boolean> {
    return this.#tells.take(async () => {
      const { aliases } = this.#mesh;
      if (aliases !== (from ?? aliases) || isDeepStrictEqual(steering.aliases, aliases)) return false;
      const problem = steeringProblem(this.#mesh, steering);
      if (problem) throw new Error(problem);
      await this.#gateways.steer(steering);
      this.#mesh = { ...this.#mesh, ...steering };
      this.#told = { ...this.#told, mesh: { ...this.#told.mesh, ...steering } };
      return true;
    });
  }

  /** Has what a caller names loaded, from the folder as it is now, or unloaded; resolves when new calls find it so. */
  control(control: ModelControl): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    void this.#turns.take(() => this.#control(control, resolve)).then(resolve, reject);
    return promise;
  }

  /** Takes up the folder as it is now; throws with its mistakes. */
  reread(): Promise<void> {
    const { folder, follows: follow = false } = this.#mesh;
    const options = () => ({ follow, loaded: this.#mesh.loaded, seen: this.seen });
    return this.update(async () => wholeOf(await readMesh(folder, options()))).then(() => {});
  }

  /** Pipelines that do not fit what files declare may fit what their models give. */
  takeUpSeen(): Promise<void> {
    return this.#turns.take(async () => {
      const isOut = this.#mesh.out.some(({ kind }) => kind === 'pipeline');
      if (this.#options.isStrict || this.seen.size === 0 || !isOut) return;
      await this.#update(async () => (await this.#readServed()).servable ?? this.#mesh);
    });
  }

  /** Has all processes serve what one gateway serves since an operator had it take up the folder. */
  follow(next: Mesh): void {
    this.#unasked(() => this.#update(next));
  }

  /** A service that is up again may serve more or less than the last time. */
  tellUnserved(): void {
    this.#unasked(async () => {
      const now = servedBy(this.#options, this.#mesh, this.#services);
      if (!isDeepStrictEqual(now.unserved, this.#told.unserved)) await this.#tells.take(() => this.#tell(now));
    });
  }

  /** A process of this service has found other files than it was given: the folder is taken up for it. `message` is what it said. */
  takeUpFor(service: string, message: string): void {
    if (this.#isStopping || this.#changing.has(service)) return;
    this.#changing.add(service);
    const take = (): Promise<unknown> => this.update(() => this.#readFor(service));
    void takeUpChanged(message, take, this.#options.onEvent).finally(() => this.#changing.delete(service));
  }

  /** Replaces the processes of a service by others of the same, which must serve all that the old ones do; throws where they do not, and the old ones stay. */
  restartService(name: string): Promise<void> {
    return this.#turns.take(() => this.#restartService(name));
  }

  restartGateway(gateway: Supervised): Promise<void> {
    return this.#turns.take(() => this.#gateways.restart(gateway));
  }

  /** Ends what is under way; nothing is taken up by itself any more. */
  async stopChanging(): Promise<void> {
    this.#isStopping = true;
    await this.#turns.ended();
  }

  /** Makes a change that nobody waits for: its failure is an event. */
  #unasked(change: () => Promise<unknown>): void {
    void this.#turns.take(change).catch(({ message }: Error) => this.#options.onEvent(message, 'reload.failed'));
  }

  async #control(control: ModelControl, onTaken: () => void): Promise<void> {
    const loaded = namesAfter(this.#mesh, control);
    const isLoad = control.action === 'load';
    if (isLoad) this.#gateways.tellLoading([control.name]);
    const read = () => readControlled(this.#mesh, { seen: this.seen, loaded }, control);
    try {
      await this.#update(read, isLoad ? undefined : onTaken);
      const lost = isLoad ? this.#told.unserved.find(({ name }) => name === control.name) : undefined;
      if (lost) throw new InferError('FAILED_PRECONDITION', `${unservedName(lost)} cannot be served: ${lost.why}`);
    } finally {
      if (isLoad) this.#gateways.tellLoading([]);
    }
  }

  async #update(given: Mesh | ReadNext, onTaken = (): void => {}): Promise<boolean> {
    // Whoever moves one from here on, while the folder is read too, has the last word.
    const { aliases } = this.#mesh;
    const wanted = typeof given === 'function' ? await given() : given;
    const kept = trustKeptProblem(this.#options.first, wanted);
    if (kept) throw new Error(kept);
    if (this.#isStopping) return false;
    const { next, started } = await this.#startChanged(wanted);
    if (missingFrom(this.#services, started).length === 0) {
      if (isDeepStrictEqual(next, this.#mesh)) return false;
      if (isDeepStrictEqual({ ...next, aliases }, { ...this.#mesh, aliases })) return this.steer(next, aliases);
    }
    await this.#serve(next, started, { aliases, onTaken });
    return true;
  }

  /** Starts what is different in `wanted`; what does not come up is left as it was, with what depends on it. */
  async #startChanged(wanted: Mesh): Promise<{ readonly next: Mesh; readonly started: RunningServices }> {
    let next = wanted;
    let started = this.#services;
    const keep = new Map<string, string>();
    for (let known = -1; known !== keep.size; ) {
      known = keep.size;
      const { services, failed } = await this.#startRound(next, started);
      started = services;
      this.#keepFailed(failed, keep);
      // Pipelines that fit what does not come up may not fit what goes on.
      if (failed.size > 0) next = (await this.#readServed(keep)).servable ?? next;
    }
    return { next, started };
  }

  /** Starts what `next` needs beyond what serves and what earlier rounds have `started`, and ends those of them that it does not need any more. */
  async #startRound(next: Mesh, started: RunningServices): Promise<ServicesStarted> {
    const { start, isStrict } = this.#options;
    const running = this.#services;
    const plan = planServices(next, running, started);
    if (plan.toStart.length > 0 && !isStrict) await this.#takeUpPolicies(next);
    const round = await startServices(plan, running, {
      start: (service, isPatient) => start(next, service, isPatient),
      isStrict,
      before: this.#mesh,
    });
    const superseded = missingFrom(round.services, started).filter((one) => running.get(one.service.name) !== one);
    await stopAll(superseded);
    return round;
  }

  /** Tells which services go on as they were, and adds them to `keep`, from which the folder is read again: by name, with why. */
  #keepFailed(failed: ServicesStarted['failed'], keep: Map<string, string>): void {
    for (const [name, why] of failed) {
      const line = `${name} goes on as it was, since what was to replace it does not come up: ${why}`;
      this.#options.onEvent(line, 'reload.kept', { service: name });
      keep.set(name, why);
    }
  }

  /** Who may call, and how much, is not to wait until services have started; where names lead has to. */
  async #takeUpPolicies({ policies }: Mesh): Promise<void> {
    const { policies: old } = this.#mesh;
    if (!policies || !old || isDeepStrictEqual({ ...policies, routes: old.routes }, old)) return;
    await this.#serve({ ...this.#mesh, policies: { ...policies, routes: old.routes } }, this.#services);
  }

  /** Reads the folder for one service: mistakes elsewhere in it are no reason to do without that service. */
  async #readFor(name: string): Promise<Mesh> {
    const { mesh: whole, servable, problems } = await this.#readServed();
    const next = this.#options.isStrict ? whole : servable;
    const service = next?.services.find((one) => one.name === name);
    if (!next || (service && isKept(next, service))) throw new Error(problems.map(formatProblem).join('\n'));
    return next;
  }

  async #restartService(name: string): Promise<void> {
    const service = this.#mesh.services.find((one) => one.name === name);
    const old = this.#services.get(name);
    // Meanwhile the folder may have lost it.
    if (!service || !old) return;
    // The old processes still have the port of the service, so that the new ones take free ones.
    const fresh = { ...old, processes: await this.#options.start(this.#mesh, { ...service, port: 0 }, false) };
    const lost = lostBy(fresh, old);
    if (lost) {
      await stopAll([fresh]);
      throw new Error(
        `service ${name} is left as it is: its new process does not load ${unservedName(lost)}, which the old one serves (${lost.why})`,
      );
    }
    await this.#serve(this.#mesh, new Map([...this.#services, [name, fresh]]));
  }

  /** Has the gateways serve it, and then ends what they do not ask any more. `aliases` that were moved from these since stay where they are. */
  async #serve(
    next: Mesh,
    started: RunningServices,
    { aliases = this.#mesh.aliases, onTaken = (): void => {} } = {},
  ): Promise<void> {
    const old = this.#services;
    const serve = async (): Promise<Taken> => {
      const mesh = this.#mesh.aliases === aliases ? next : { ...next, aliases: this.#mesh.aliases };
      const taken = await this.#tell(servedBy(this.#options, mesh, started));
      this.#services = started;
      this.#mesh = mesh;
      return taken;
    };
    const { drained } = await this.#tells.take(serve).catch(async (error: unknown) => {
      await stopAll(missingFrom(old, started));
      throw error;
    });
    onTaken();
    await drained;
    await stopAll(missingFrom(started, old));
  }

  async #tell(next: Served): Promise<Taken> {
    const taken = await this.#gateways.reload(next);
    for (const line of lostLines(next, this.#told)) this.#options.onEvent(line, 'model.out');
    this.#told = next;
    return taken;
  }

  #readServed(keep?: ReadonlyMap<string, string>): Promise<MeshReading> {
    return readMesh(this.#mesh.folder, { before: this.#mesh, ...(keep ? { keep } : {}), seen: this.seen });
  }
}
