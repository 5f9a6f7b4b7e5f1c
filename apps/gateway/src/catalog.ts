import {
  checkRequest,
  type Infer,
  InferError,
  type ModelDescription,
  notFound,
  type Signature,
} from '@sheaf/inference';
import { refusePlan } from '@sheaf/layers';
import { checkedSignature, type Mesh, signatureIn, transformName } from '@sheaf/mesh';
import {
  checkPipelines,
  createPipeline,
  type PipelineCheck,
  pipelineFinder,
  plannedCalls,
  requiredTargets,
  type Target,
  TimeBook,
  timeBookKeys,
} from '@sheaf/pipeline';
import { describeOwn, idOf } from './own-models.ts';
import type { ServiceHandle, Services } from './services.ts';

/** How long foreign servers get to say what they serve. */
const describeTimeoutMs = 10_000;

/** One name at the public door: a model or a pipeline. */
interface Entry {
  readonly describe: (version: string) => ModelDescription;
  readonly infer: Infer;
  readonly isReady: (version: string) => boolean;
  /** The models and transforms that a call asks, one for each time; undefined for a version that is not there. */
  readonly callsOf: (version: string) => readonly string[] | undefined;
}

export interface Catalog {
  readonly infer: Infer;
  readonly describe: (name: string, version: string) => ModelDescription;
  readonly isReady: (name: string, version: string) => boolean;
  readonly names: () => readonly string[];
  readonly callsOf: (name: string, version: string) => readonly string[] | undefined;
  /** How long a model or transform usually takes for so many rows; undefined while nobody knows. */
  readonly usualMs: (name: string, rows: number) => number | undefined;
  /** How long the pipelines' stages usually take, for the catalog that follows. */
  readonly times: TimeBooks;
}

type TimeBooks = ReadonlyMap<string, TimeBook>;

/** Everything that the gateway serves, type-checked against the real signatures. `known` are the times of the catalog before. */
export async function openCatalog(mesh: Mesh, services: Services, known: TimeBooks = new Map()): Promise<Catalog> {
  const [foreign, own] = await Promise.all([describeForeign(services), describeOwn(mesh, services)]);
  const signatureOf = (target: Target): Signature | undefined =>
    target.kind === 'model'
      ? (own.get(idOf(target.name, target.version)) ??
        typed(foreign.get(target.name)) ??
        checkedSignature(mesh, target))
      : signatureIn(mesh, target);
  const entries = new Map<string, Entry>();
  for (const { name, versions } of mesh.models) {
    const handle = services.holding(name);
    const [newest] = versions;
    const described = new Map(
      versions.map(({ version, signature, properties }) => [version, { ...signature, properties }] as const),
    );
    if (handle)
      entries.set(
        name,
        modelEntry(
          name,
          [...described.keys()],
          'onnxruntime_onnx',
          (version) => own.get(idOf(name, version)) ?? described.get(version || newest.version),
          handle,
        ),
      );
  }
  for (const [name, description] of foreign) {
    const handle = services.holding(name);
    if (handle)
      entries.set(
        name,
        modelEntry(name, description.versions, description.platform, () => description, handle),
      );
  }
  const specs = mesh.pipelines.map(({ spec }) => spec);
  const checks = Map.groupBy(checkPipelines(specs, signatureOf), ({ spec }) => spec.pipeline);
  const { earlyRefusal } = mesh.resilience;
  const find = pipelineFinder(specs);
  const keyOf = timeBookKeys(find, (target) => versionsOf(target, mesh, foreign));
  const times = new Map<string, TimeBook>();
  const unsaid = (target: Target | undefined): string | undefined => {
    const told = target?.kind === 'model' ? foreign.get(target.name) : undefined;
    if (!told || typed(told)) return undefined;
    const service = services.holding(told.name)?.service.name ?? '';
    const example = `services.${service}.signatures: { ${told.name}: { inputs: { x: { datatype: FP32, shape: [-1, 2] } }, outputs: { ... } } }`;
    return `the server of service ${service} does not say what "${told.name}" takes and gives (its ModelMetadata has no inputs or no outputs), and a pipeline has to know; say it in mesh.yaml, as in ${example}, or in the settings of the model at that server`;
  };
  const bookOf = ({ spec }: PipelineCheck): TimeBook => {
    const key = keyOf(spec);
    const book = known.get(key) ?? new TimeBook();
    times.set(key, book);
    return book;
  };
  for (const [name, versions] of checks)
    entries.set(
      name,
      pipelineEntry(
        name,
        versions.map((check) => pipelineVersion(check, { services, entries, bookOf, find, earlyRefusal, unsaid })),
      ),
    );
  return { ...catalogOf(entries, services), times };
}

async function describeForeign(services: Services): Promise<Map<string, ModelDescription>> {
  const asked = services.all
    .filter(({ service }) => service.endpoint)
    .flatMap((handle) =>
      handle.service.models.map(async (name) => {
        const told = await handle.describe(name, '', describeTimeoutMs);
        return [name, typed(told) ? told : { ...told, name, ...handle.service.signatures?.get(name) }] as const;
      }),
    );
  return new Map(await Promise.all(asked));
}

/** Many servers say nothing of what a model takes and gives unless its settings do: MLServer and KServe by default. */
const typed = <T extends Signature>(told: T | undefined): T | undefined =>
  told && told.inputs.length > 0 && told.outputs.length > 0 ? told : undefined;

/** What a model or a transform has now of versions; another set of them may take another time. */
function versionsOf(target: Target, mesh: Mesh, foreign: ReadonlyMap<string, ModelDescription>): string {
  const own = mesh.models.find(({ name }) => name === nameOf(target))?.versions.map(({ version }) => version);
  return (own ?? foreign.get(nameOf(target))?.versions ?? []).join(', ');
}

function catalogOf(entries: ReadonlyMap<string, Entry>, services: Services): Omit<Catalog, 'times'> {
  const get = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry) return entry;
    throw notFound(`there is no model or pipeline "${name}"`, name);
  };
  return {
    infer: async (request, context) => get(request.model).infer(request, context),
    describe: (name, version) => get(name).describe(version),
    isReady: (name, version) => entries.get(name)?.isReady(version) ?? false,
    names: () => [...entries.keys()],
    callsOf: (name, version) => entries.get(name)?.callsOf(version),
    usualMs: (name, rows) => services.holding(name)?.usualMs(name, rows),
  };
}

function unknownVersion(name: string, version: string, versions: readonly string[]): InferError {
  return notFound(`"${name}" has no version ${version}; it has ${versions.join(', ')}`, `${name}/${version}`);
}

/** What a version of a model is said to be. */
type Described = Signature & Pick<ModelDescription, 'properties'>;

function modelEntry(
  name: string,
  versions: readonly string[],
  platform: string,
  described: (version: string) => Described | undefined,
  { infer, isReady }: ServiceHandle,
): Entry {
  // A server that names no versions knows itself which it has.
  const has = (version: string): boolean => version === '' || versions.length === 0 || versions.includes(version);
  const get = (version: string): Described => {
    const found = has(version) ? described(version) : undefined;
    if (!found) throw unknownVersion(name, version, versions);
    return found;
  };
  return {
    // Here, since a foreign server may not know of plans, and would run.
    infer: refusePlan(async (request, context) => {
      const signature = typed(get(request.version));
      // What nobody has said, the server itself checks.
      if (signature) checkRequest(signature, request.inputs, request.outputs);
      return infer(request, context);
    }),
    describe: (version) => {
      const { inputs, outputs, properties } = get(version);
      return { name, versions, platform, inputs, outputs, properties };
    },
    isReady: (version) => has(version) && isReady(),
    callsOf: (version) => (has(version) ? [name] : undefined),
  };
}

interface PipelineVersion {
  readonly version: number;
  readonly signature: Signature;
  readonly infer: Infer;
  readonly isReady: () => boolean;
  readonly calls: readonly string[];
}

/** One name, and the version that is asked for; the newest when none is. */
function pipelineEntry(name: string, given: readonly PipelineVersion[]): Entry {
  const sorted = given.toSorted((a, b) => b.version - a.version);
  const [newest] = sorted as [PipelineVersion];
  const versions = sorted.map(({ version }) => String(version));
  const find = (wanted: string) => (wanted === '' ? newest : sorted[versions.indexOf(wanted)]);
  const get = (wanted: string): PipelineVersion => {
    const found = find(wanted);
    if (!found) throw unknownVersion(name, wanted, versions);
    return found;
  };
  return {
    infer: async (request, context) => get(request.version).infer(request, context),
    describe: (wanted) => ({ name, versions, platform: 'sheaf_pipeline', ...get(wanted).signature }),
    isReady: (wanted) => find(wanted)?.isReady() ?? false,
    callsOf: (wanted) => find(wanted)?.calls,
  };
}

/** What the pipelines of one catalog have in common. */
interface Surroundings {
  readonly earlyRefusal: boolean;
  readonly services: Services;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly bookOf: (check: PipelineCheck) => TimeBook;
  readonly find: ReturnType<typeof pipelineFinder>;
  /** Why nobody knows what a target takes and gives, where its server is to blame. */
  readonly unsaid: (target: Target | undefined) => string | undefined;
}

function pipelineVersion(
  check: PipelineCheck,
  { services, entries, bookOf, find, earlyRefusal, unsaid }: Surroundings,
): PipelineVersion {
  const { spec, checked, problems } = check;
  if (!checked) {
    throw new InferError(
      'FAILED_PRECONDITION',
      problems
        .map(
          ({ path, message, target }) => `pipeline ${spec.pipeline}: ${path.join('.')}: ${unsaid(target) ?? message}`,
        )
        .join('\n'),
    );
  }
  const resolve = (target: Target): Infer => {
    if (target.kind === 'pipeline') {
      const { name, version = '' } = target;
      return (request, context) => (entries.get(name) as Entry).infer({ ...request, model: name, version }, context);
    }
    const handle = holderOf(target, services);
    if (!handle)
      throw new InferError('FAILED_PRECONDITION', `pipeline ${spec.pipeline}: no service holds "${nameOf(target)}"`);
    const version = target.kind === 'model' ? (target.version ?? '') : '';
    const name = nameOf(target);
    return (request, context) => handle.infer({ ...request, model: name, version }, context);
  };
  const runsAtOnce = (target: Target): number | undefined => holderOf(target, services)?.runsAtOnce(nameOf(target));
  const infer = createPipeline(checked, resolve, { times: bookOf(check), earlyRefusal, runsAtOnce });
  const required = spec.stages.flatMap(({ step, optional }) => (optional ? [] : requiredTargets(step)));
  const isUp = (target: Target): boolean =>
    target.kind === 'pipeline'
      ? (entries.get(target.name)?.isReady(target.version ?? '') ?? false)
      : (holderOf(target, services)?.isReady() ?? false);
  const calls = plannedCalls(spec, find).map(nameOf);
  return { version: spec.version, signature: checked.signature, infer, isReady: () => required.every(isUp), calls };
}

const nameOf = (target: Target): string => (target.kind === 'transform' ? transformName(target.path) : target.name);
const holderOf = (target: Target, services: Services): ServiceHandle | undefined => services.holding(nameOf(target));
