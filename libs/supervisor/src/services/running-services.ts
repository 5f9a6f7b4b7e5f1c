/** The services of a mesh as processes, from one state of the folder to the next. */
import type { Unserved } from '@sheaf/host';
import { fingerprint, isKept, type Mesh, type SeenSignatures, type Service } from '@sheaf/mesh';
import type { Supervised } from '../process/supervised.ts';

/** A service that runs, and what it runs. */
export interface Running {
  readonly service: Service;
  /** There is one for each replica. */
  readonly processes: readonly Supervised[];
  readonly fingerprint: string;
}

export type RunningServices = ReadonlyMap<string, Running>;

/** Says what to do so that the services are those of a mesh. */
export interface ServicesPlan {
  readonly same: RunningServices;
  readonly toStart: readonly { readonly service: Service; readonly fingerprint: string }[];
}

/**
 * What is unchanged needs no other process; what is broken in the folder has none but the one that runs. `started` are those that a change has made ready so
 * far: where it turns out not to be what they were started for, the one that serves until then is what is wanted.
 */
export function planServices(mesh: Mesh, old: RunningServices, started = old): ServicesPlan {
  const same = new Map<string, Running>();
  const toStart: { service: Service; fingerprint: string }[] = [];
  for (const service of mesh.services.filter(({ endpoint }) => !endpoint)) {
    const print = fingerprint(mesh, service);
    const known = [started.get(service.name), old.get(service.name)];
    const running = isKept(mesh, service) ? known[1] : known.find((one) => one?.fingerprint === print);
    if (running) same.set(service.name, running);
    else toStart.push({ service, fingerprint: print });
  }
  return { same, toStart };
}

export interface StartServices {
  readonly start: (service: Service, isPatient: boolean) => Promise<readonly Supervised[]>;
  /** Whether all of them are started, or none. */
  readonly isStrict: boolean;
  /** The mesh that the running processes serve; undefined at the start. */
  readonly before: Mesh | undefined;
}

export interface ServicesStarted {
  readonly services: RunningServices;
  /** Those that go on as they were, since what was to replace them does not come up: by name, with why. */
  readonly failed: ReadonlyMap<string, string>;
}

/** Starts what is planned. A strict one throws when anything of it cannot be served; what was started is then ended. */
export async function startServices(
  { same, toStart }: ServicesPlan,
  old: RunningServices,
  { start, isStrict, before }: StartServices,
): Promise<ServicesStarted> {
  const failed = new Map<string, string>();
  const results = await Promise.allSettled(
    toStart.map(async ({ service, fingerprint: print }): Promise<Running> => {
      const running = old.get(service.name);
      // A port that is told cannot be had twice; the gateway does not mind, it is told the new one.
      const asked = running ? { ...service, port: 0 } : service;
      try {
        const processes = await start(asked, !isStrict && !running);
        const started = { service, processes, fingerprint: print };
        const lost = unservedOf([started]).find((one) => isStrict || (running && isServed(one, before)));
        if (!lost) return started;
        await stopAll([started]);
        throw new Error(lost.why);
      } catch (error) {
        if (isStrict || !running) throw error;
        failed.set(service.name, error instanceof Error ? error.message : String(error));
        return running;
      }
    }),
  );
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const services = new Map([...same, ...started.map((one) => [one.service.name, one] as const)]);
  const thrown = results.find((result) => result.status === 'rejected');
  if (!thrown) return { services, failed };
  await stopAll(missingFrom(old, services));
  throw thrown.reason;
}

function isServed({ kind, name, version }: Unserved, mesh: Mesh | undefined): boolean {
  if (kind === 'transform') return mesh?.transforms.some((transform) => transform.name === name) ?? false;
  return (
    mesh?.models.some((model) => model.name === name && model.versions.some((one) => one.version === version)) ?? false
  );
}

/** Lists the models and transforms that services hold and do not serve. */
export function unservedOf(services: Iterable<Running>): (Unserved & { readonly isRetried: boolean })[] {
  return [...services].flatMap(({ service, processes }) => {
    const told = processes.flatMap(({ unserved }) => unserved).map((one) => ({ ...one, isRetried: false }));
    const down = processes.every(({ failure }) => failure !== undefined) ? processes[0]?.failure : undefined;
    const retried = (kind: Unserved['kind'], names: readonly string[]) =>
      down === undefined ? [] : names.map((name) => ({ kind, name, version: '', why: down, isRetried: true }));
    const ofAll = [...retried('model', service.models), ...retried('transform', service.transforms)];
    return [...new Map([...told, ...ofAll].map((one) => [`${one.name}/${one.version}`, one])).values()];
  });
}

/** Finds a model or transform that `fresh` could not load and `old` serves. */
export function lostBy(fresh: Running, old: Running): Unserved | undefined {
  const known = unservedOf([old]);
  const isKnown = ({ name, version }: Unserved): boolean =>
    known.some((one) => one.name === name && (one.version === version || one.version === ''));
  return unservedOf([fresh]).find((one) => !isKnown(one));
}

/** Collects the signatures of models whose outputs are not as their files declare. */
export const seenOf = (services: Iterable<Running>): SeenSignatures =>
  new Map(
    [...services]
      .flatMap(({ processes }) => processes.flatMap(({ seen }) => seen))
      .map(({ name, version, signature }) => [`${name}/${version}`, signature]),
  );

/** Says why the first one did not start, where none of them has come up. */
export function failureOfAll(services: Iterable<Running>): string | undefined {
  const failures = [...services].flatMap(({ processes }) => processes.map(({ failure }) => failure));
  return failures.includes(undefined) ? undefined : failures[0];
}

/** Waits for all starts; when one of them fails, the others are ended. */
export async function allOrNone(starting: readonly Promise<Supervised>[]): Promise<Supervised[]> {
  const results = await Promise.allSettled(starting);
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return started;
  await Promise.all(started.map((process) => process.stop()));
  throw failed.reason;
}

export const endpointsOf = (services: RunningServices): string[] =>
  [...services].flatMap(([name, { processes }]) => processes.map(({ port }) => `${name}=127.0.0.1:${port}`));

/** Lists the services of `some` that are not among `these`. */
export const missingFrom = (these: RunningServices, some: RunningServices): Running[] =>
  [...some].flatMap(([name, running]) => (these.get(name) === running ? [] : [running]));

export const stopAll = async (services: Iterable<Running>): Promise<void> => {
  await Promise.all(Array.from(services).flatMap(({ processes }) => processes.map((process) => process.stop())));
};
