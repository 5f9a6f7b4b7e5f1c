import { availableParallelism } from 'node:os';
import { endProcess, type SeenModel, type Unserved } from '@sheaf/host';
import {
  broken,
  type Infer,
  InferError,
  type Load,
  log,
  type ModelDescription,
  notFound,
  type Overrun,
} from '@sheaf/inference';
import type { Mesh, MeshTransform, Model, ModelVersion } from '@sheaf/mesh';
import { checkCode, checkContent, runThreads, transformPlace } from '@sheaf/mesh/content';
import { batchabilityText, type EndedRun, openModel, openTransform, type ServedVersion } from '@sheaf/runtime';
import type { CountedVersion } from '@sheaf/telemetry';
import { type Loading, loadVersions } from './load-versions.ts';
import { checkMemoryFits } from './memory-limit.ts';

const transformLimitMs = 5_000;
/** A run that nobody waits for any more gets this long on the way out; its thread can only be ended with the process. */
const closeLimitMs = 2_000;

export interface OpenService {
  readonly infer: Infer;
  readonly describe: (name: string, version: string) => ModelDescription;
  readonly isReady: (name: string, version: string) => boolean;
  readonly load: (name: string, version: string) => Load | undefined;
  readonly names: () => readonly string[];
  /** Lines for whoever starts it, about what it holds. */
  readonly notices: readonly string[];
  /** The models and transforms that could not be loaded. */
  readonly unserved: readonly Unserved[];
  /** Models whose outputs are not as their files declare. */
  readonly seen: readonly SeenModel[];
  /** The process is about to end: what waits and matters least is refused. */
  readonly shedForDrain: () => void;
  /** The process is about to end: calls that run are answered with `running`, those that wait and all that come with `waiting`. */
  readonly abandon: (running: InferError, waiting: InferError) => void;
  /** What is counted of each version. */
  readonly counted: readonly CountedVersion[];
  close(): Promise<void>;
}

/** Told of each run of a version. */
export type OnRun = (name: string, version: string, run: EndedRun) => void;

/** Loads everything that a service of the mesh holds, and does without what cannot be loaded while there is anything else; answers when all of it is warm. `askMesh` is what its transforms ask others by; `onOverrun` is told of a run for which the process ends. */
export async function openService(
  mesh: Mesh,
  name: string,
  askMesh: Infer,
  onOverrun: (overrun: Overrun) => void,
  onRun: OnRun = () => {},
): Promise<OpenService> {
  const service = mesh.services.find((candidate) => candidate.name === name);
  if (!service || service.endpoint) {
    const own = mesh.services.filter(({ endpoint }) => !endpoint).map((candidate) => candidate.name);
    throw new InferError('NOT_FOUND', `there is no service "${name}" to start; the services are ${own.join(', ')}`);
  }
  const models = mesh.models.filter((model) => service.models.includes(model.name));
  const transforms = mesh.transforms.filter((transform) => service.transforms.includes(transform.name));
  await checkCodeOf(mesh, transforms);
  const { loaded, unserved, why } = await loadVersions([
    ...models.flatMap((model) => modelVersions(model, mesh, { onOverrun, onRun })),
    ...transforms.map((transform) => transformVersion(transform, mesh, { askMesh, onRun })),
  ]);
  if (loaded.length === 0 && why !== undefined) throw why;
  const served = serviceOf(loaded, unserved, (model, version) => {
    const held = models.find((one) => one.name === model);
    return held?.versions.find((own) => own.version === version)?.properties;
  });
  try {
    if (service.memoryMaxBytes !== undefined) checkMemoryFits(name, service.memoryMaxBytes);
  } catch (error) {
    await served.close();
    throw error;
  }
  return served;
}

/** What a transform may import is as it was when the mesh was read. */
async function checkCodeOf(mesh: Mesh, transforms: readonly MeshTransform[]): Promise<void> {
  if (transforms.some(({ content }) => !content)) await checkCode(mesh);
  for (const { name, content } of transforms) if (content) await checkContent(`transform ${name}`, content);
}

/** What a pipeline pins is asked in that version, also by its transforms. */
const askPinned =
  (ask: Infer, pins: MeshTransform['pins'] = new Map()): Infer =>
  (request, context) =>
    ask({ ...request, version: request.version || (pins.get(request.model) ?? '') }, context);

/** A run that cannot be stopped holds its thread for ever. */
function endStuckProcess(subject: string, what: string): void {
  log('run.stuck', `${subject}: ${what} passed its limit and cannot be stopped; this process ends`, { subject });
  endProcess(`${what} passed its limit`);
}

function transformVersion(
  transform: MeshTransform,
  mesh: Mesh,
  { askMesh, onRun }: { readonly askMesh: Infer; readonly onRun: OnRun },
): Loading {
  const { name, signature, uses } = transform;
  const open = (): Promise<ServedVersion> =>
    openTransform({
      ...transformPlace(mesh, transform),
      signature,
      uses,
      runLimitMs: transformLimitMs,
      outputBytesMax: mesh.limits.innerMessageBytesMax,
      infer: askPinned(askMesh, transform.pins),
      onRun: (run) => onRun(name, '1', run),
    }).catch(async (error: unknown) => {
      await checkCodeOf(mesh, [transform]);
      throw error;
    });
  return { kind: 'transform', name, version: '', open };
}

function modelVersions(model: Model, mesh: Mesh, told: Pick<VersionSurroundings, 'onOverrun' | 'onRun'>): Loading[] {
  const { limits, resilience } = mesh;
  const threads = runThreads(model, mesh, availableParallelism());
  return model.versions.map((each) => ({
    kind: 'model',
    name: model.name,
    version: each.version,
    open: () =>
      openVersion(model, each, {
        threads,
        adaptiveLimit: resilience.adaptiveLimit,
        outputBytesMax: limits.innerMessageBytesMax,
        ...told,
      }),
  }));
}

interface VersionSurroundings {
  /** Threads of each run. */
  readonly threads: number;
  readonly adaptiveLimit: boolean;
  readonly outputBytesMax: number;
  readonly onOverrun: (overrun: Overrun) => void;
  readonly onRun?: OnRun;
}

/** Loads one version of a model. */
async function openVersion(
  model: Model,
  own: ModelVersion,
  { threads, onRun, ...surroundings }: VersionSurroundings,
): Promise<ServedVersion> {
  const { name, instances, memoryMaxMb, versions: _, ...settings } = model;
  const { version, files, content, signature, notices } = own;
  // The session looks at the very bytes that it loads.
  const loaded = files.map(({ path }) => path);
  const subject = `model ${name}/${version}`;
  await checkContent(subject, content, (path) => !loaded.includes(path));
  const opening = openModel({
    ...settings,
    ...surroundings,
    name,
    version,
    signature,
    model: { folder: content.folder, files },
    instances,
    intraOpThreads: threads,
    memory: memoryMaxMb === undefined ? undefined : { maxBytes: memoryMaxMb * 2 ** 20 },
    onRun: (run) => onRun?.(name, version, run),
    onStuck: (what) => endStuckProcess(subject, what),
  });
  const served = await opening.catch(async (error: unknown) => {
    await checkContent(subject, content);
    throw error;
  });
  return { ...served, notices: [...notices, ...(served.notices ?? [])] };
}

/** Only what a person may not expect: that calls share runs where that was shown, and none where model.yaml says so, they do. */
const noticesOf = (versions: readonly ServedVersion[]): string[] =>
  versions.flatMap(({ name, version, batchability, notices = [] }) => [
    ...notices.map((notice) => `model ${name}/${version}: ${notice}`),
    ...(batchability && batchability.batched === (batchability.byWord ?? false)
      ? [`model ${name}/${version} is ${batchabilityText(batchability)}`]
      : []),
  ]);

/** Several versions as one Infer. `versions` of a name come newest first. */
function serviceOf(
  versions: readonly ServedVersion[],
  unserved: readonly Unserved[],
  propertiesOf: (name: string, version: string) => ModelDescription['properties'],
): OpenService {
  const byName = Map.groupBy(versions, ({ name }) => name);
  const find = (name: string, version: string): ServedVersion | undefined =>
    version === '' ? byName.get(name)?.[0] : byName.get(name)?.find((served) => served.version === version);
  const get = (name: string, version: string): ServedVersion => {
    const served = find(name, version);
    if (served) return served;
    if (unserved.some((one) => one.name === name && (version === '' || one.version === version))) throw broken(name);
    const known = byName.get(name)?.map((other) => other.version);
    const message = known
      ? `model "${name}" has no version ${version}; it has ${known.join(', ')}`
      : `there is no model "${name}"`;
    throw notFound(message, version === '' ? name : `${name}/${version}`);
  };
  return {
    infer: async (request, context) => get(request.model, request.version).infer(request, context),
    describe: (name, version) => {
      const { platform, signature, version: found } = get(name, version);
      const all = (byName.get(name) ?? []).map((other) => other.version);
      return { name, platform, versions: all, ...signature, properties: propertiesOf(name, found) };
    },
    isReady: (name, version) => find(name, version) !== undefined,
    load: (name, version) => find(name, version)?.load(),
    names: () => [...byName.keys()],
    counted: versions.map(({ name, version, batchability, standing, load: loadOf }) => ({
      ...{ name, version, batchability },
      standing: () => {
        const { fixedMs, rowMs } = loadOf();
        return { ...standing(), fixedMs, rowMs };
      },
    })),
    notices: noticesOf(versions),
    unserved,
    seen: versions.flatMap(({ name, version, signature, isUntrue }) =>
      isUntrue ? [{ name, version, signature }] : [],
    ),
    shedForDrain: () => {
      for (const version of versions) version.calls.shedForDrain();
    },
    abandon: (running, waiting) => {
      for (const version of versions) version.calls.abandon(running, waiting);
    },
    close: async () => {
      const timer = setTimeout(() => process.kill(process.pid, 'SIGKILL'), closeLimitMs);
      await Promise.all(versions.map((version) => version.close()));
      clearTimeout(timer);
    },
  };
}
