import { InferError, type Signature } from '@sheaf/inference';
import { transformName } from '@sheaf/mesh';
import {
  type AskModel,
  type AskPipeline,
  type CompiledPipeline,
  createPipeline,
  type LatencyOf,
  type ModelTarget,
  type PipelineCheck,
  type PipelineTarget,
  type pipelineFinder,
  plannedCalls,
  requiredTargets,
  type Target,
} from '@sheaf/pipeline';
import { type Entry, noSuchVersion } from './entry.ts';
import type { ServiceHandle, Services } from './services.ts';
import type { Versions } from './versions.ts';

interface PipelineVersion {
  readonly version: number;
  readonly signature: Signature;
  readonly compiled: CompiledPipeline;
  readonly isReady: () => boolean;
  readonly calls: readonly string[];
  /** Runs that have not ended. */
  readonly pending: () => number;
}

export interface PipelineEntry extends Entry {
  /** For other pipelines. */
  readonly ask: (version: string) => AskPipeline;
}

/** One name, and the version that is asked for; the newest when none is. */
export function pipelineEntry(name: string, given: readonly PipelineVersion[], lost: readonly string[]): PipelineEntry {
  const sorted = given.toSorted((a, b) => b.version - a.version);
  const [newest] = sorted as [PipelineVersion];
  const versions = sorted.map(({ version }) => String(version));
  const find = (wanted: string) => (wanted === '' ? newest : sorted[versions.indexOf(wanted)]);
  const get = (wanted: string): PipelineVersion => {
    const found = find(wanted);
    if (!found) throw noSuchVersion({ name, versions, lost }, wanted);
    return found;
  };
  return {
    infer: async (request, context) => get(request.version).compiled.infer(request, context),
    ask: (wanted) => get(wanted).compiled.ask,
    describe: (wanted) => ({ name, versions, platform: 'sheaf_pipeline', ...get(wanted).signature }),
    isReady: (wanted) => find(wanted)?.isReady() ?? false,
    pin: (wanted) => String(get(wanted).version),
    callsOf: (wanted) => find(wanted)?.calls,
    pending: () => sorted.map(({ version, pending }) => [String(version), pending()] as const),
  };
}

/** What the pipelines of one catalog have in common. */
export interface Surroundings {
  readonly earlyRefusal: boolean;
  readonly services: Services;
  readonly versions: Versions;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Filled while they are compiled. */
  readonly pipelines: ReadonlyMap<string, PipelineEntry>;
  /** Whether a model is there and cannot be asked. */
  readonly isOut: (name: string) => boolean;
  readonly latencyOf: (check: PipelineCheck) => LatencyOf;
  readonly find: ReturnType<typeof pipelineFinder>;
}

export function pipelineVersion(
  check: PipelineCheck,
  { services, versions, entries, pipelines, isOut, latencyOf, find, earlyRefusal }: Surroundings,
): PipelineVersion {
  const { spec, checked } = check;
  if (!checked) throw mistakesOf(check, () => undefined);
  const pipeline =
    ({ name, version = '' }: PipelineTarget): AskPipeline =>
    async (request, context) =>
      (pipelines.get(name) as PipelineEntry).ask(versions.ofCall({ model: name, version }, context))(request, context);
  const model = (target: ModelTarget): AskModel => {
    const handle = holderOf(target, services);
    if (!handle)
      throw new InferError('FAILED_PRECONDITION', `pipeline ${spec.pipeline}: no service holds "${nameOf(target)}"`);
    const version = target.kind === 'model' ? (target.version ?? '') : '';
    const name = nameOf(target);
    const asked = { model: name, version };
    return (request, context) =>
      handle.infer({ ...request, model: name, version: versions.ofCall(asked, context) }, context);
  };
  const runsAtOnce = (target: Target): number | undefined => holderOf(target, services)?.runsAtOnce(nameOf(target));
  const targets = { model, pipeline };
  const { pending, compiled } = counted(
    createPipeline(checked, targets, { latencyOf: latencyOf(check), earlyRefusal, runsAtOnce }),
  );
  const required = spec.stages.flatMap(({ step, optional }) => (optional ? [] : requiredTargets(step)));
  const isUp = (target: Target): boolean =>
    target.kind === 'pipeline'
      ? (entries.get(target.name)?.isReady(versions.meant(target.name, target.version ?? '')) ?? false)
      : !isOut(nameOf(target)) && (holderOf(target, services)?.isReady() ?? false);
  const calls = plannedCalls(spec, find).map(nameOf);
  const isReady = (): boolean => required.every(isUp);
  return { version: spec.version, signature: checked.signature, compiled, isReady, calls, pending };
}

/** Counts the runs of a pipeline that have not ended. */
function counted({ infer, ask }: CompiledPipeline): Pick<PipelineVersion, 'compiled' | 'pending'> {
  let pending = 0;
  const counting =
    <Asked, Context, Answer>(run: (asked: Asked, context: Context) => Promise<Answer>) =>
    async (asked: Asked, context: Context): Promise<Answer> => {
      pending++;
      try {
        return await run(asked, context);
      } finally {
        pending--;
      }
    };
  return { compiled: { infer: counting(infer), ask: counting(ask) }, pending: () => pending };
}

/** For whoever runs the mesh. */
export const mistakesOf = ({ spec, problems }: PipelineCheck, unsaid: Unsaid): InferError =>
  new InferError(
    'FAILED_PRECONDITION',
    problems
      .map(({ path, message, target }) => `pipeline ${spec.pipeline}: ${path.join('.')}: ${unsaid(target) ?? message}`)
      .join('\n'),
  );

/** Why nobody knows what a target takes and gives, where its server is to blame. */
export type Unsaid = (target: Target | undefined) => string | undefined;

export const nameOf = (target: Target): string =>
  target.kind === 'transform' ? transformName(target.path) : target.name;
const holderOf = (target: Target, services: Services): ServiceHandle | undefined => services.holding(nameOf(target));
