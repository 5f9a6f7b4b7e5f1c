import { type Aliases, type Signature, type TensorSpec, versionMeant } from '@sheaf/inference';
import {
  type CheckedPipeline,
  checkPipelines,
  type PipelineSpec,
  pipelineFinder,
  pipelinesAsked,
  type Target,
} from '@sheaf/pipeline';
import type { Mesh, MeshPipeline, OutPart } from '../mesh.ts';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { calledIn, type PipelineFile, transformsOf } from './read-pipelines.ts';

/** What pipelines may ask, and what of it is broken. */
export interface Surroundings {
  readonly mesh: Signed;
  readonly seen: SeenSignatures;
  /** Names of models that have a mistake of their own. */
  readonly brokenModels: ReadonlySet<string>;
  /** Paths. */
  readonly brokenTransforms: ReadonlySet<string>;
}

interface Judged {
  readonly spec: PipelineSpec;
  readonly checked: CheckedPipeline | undefined;
  /** Mistakes of its own. */
  readonly problems: readonly MeshProblem[];
  /** Why it cannot be served; undefined where it can, or where somebody else's server has to tell. */
  readonly out: string | undefined;
}

/** Type-checks what can be read. Each mistake is told once: what depends on something broken has none of its own, and is out nevertheless. */
export function judgePipelines(files: readonly PipelineFile[], around: Surroundings): ReadonlyMap<string, Judged> {
  const fileOf = new Map(files.flatMap((file) => (file.spec ? [[file.spec, file] as const] : [])));
  const { mesh, seen, brokenModels, brokenTransforms } = around;
  const foreign = new Set(mesh.services.filter(({ endpoint }) => endpoint).flatMap(({ models }) => models));
  const out = new Map<PipelineSpec, string>();
  const own = new Map<PipelineSpec, MeshProblem[]>();
  const checks = checkPipelines([...fileOf.keys()], (target) => checkedSignature(mesh, target, seen), mesh.aliases);
  for (const { spec, problems } of checks) {
    const told: MeshProblem[] = [];
    for (const { path, message, target } of problems) {
      // What a foreign server serves is known only when it answers.
      if (target?.kind === 'model' && foreign.has(target.name)) continue;
      const depends =
        (target?.kind === 'model' && brokenModels.has(target.name)) ||
        (target?.kind === 'transform' && brokenTransforms.has(target.path));
      const place = fileOf.get(spec)?.yaml?.place(path, message);
      if (depends) out.set(spec, `it asks ${target.kind} "${nameOf(target)}", which is out`);
      else if (place) told.push(place);
      else out.set(spec, message);
    }
    own.set(spec, told);
    if (told.length > 0) out.set(spec, told.map(formatProblem).join('; '));
  }
  spread(checks, out, mesh.aliases);
  return new Map(
    checks.map(({ spec, checked }) => [
      fileOf.get(spec)?.file ?? '',
      { spec, checked, problems: own.get(spec) ?? [], out: out.get(spec) },
    ]),
  );
}

const nameOf = (target: Target): string => (target.kind === 'transform' ? target.path : target.name);

/** Who asks a pipeline that is out is out too. */
function spread(
  checks: readonly { readonly spec: PipelineSpec; readonly checked?: CheckedPipeline }[],
  out: Map<PipelineSpec, string>,
  aliases: Aliases,
): void {
  const find = pipelineFinder(
    checks.map(({ spec }) => spec),
    aliases,
  );
  for (let before = -1; before !== out.size; ) {
    before = out.size;
    for (const { spec } of checks.filter(({ spec: own, checked }) => !checked && !out.has(own))) {
      const asked = pipelinesAsked(spec).find((named) => out.has(find(named) as PipelineSpec));
      if (asked) out.set(spec, `it asks pipeline "${asked.name}", which is out`);
    }
  }
}

export interface PipelinesReading {
  readonly pipelines: readonly MeshPipeline[];
  readonly out: readonly OutPart[];
}

/** The pipelines that can be served: where a file is broken, what it held `before`, if that still fits. */
export function servablePipelines(
  files: readonly PipelineFile[],
  around: Surroundings,
  problems: readonly MeshProblem[],
  before: Mesh | undefined,
): PipelinesReading {
  const first = judgePipelines(files, around);
  const mistakes = Map.groupBy(problems, ({ file }) => file);
  const whyOut = ({ file, spec }: PipelineFile): string | undefined => {
    const told = mistakes.get(file)?.map(formatProblem).join('; ');
    const transform = spec && transformsOf(spec).find((path) => mistakes.has(path));
    if (transform !== undefined) return `it asks transform "${transform}", which is out`;
    return told ?? first.get(file)?.out;
  };
  const broken = new Map(files.map((file) => [file, whyOut(file)]));
  const standIns = files.flatMap((file) => {
    if (broken.get(file) === undefined) return [file];
    const old = before?.pipelines.find((one) => one.file === file.file);
    return old ? [{ file: file.file, yaml: undefined, spec: old.spec }] : [];
  });
  const second = judgePipelines(standIns, around);
  const out = [...broken].flatMap(([file, why]): OutPart[] => {
    const judged = second.get(file.file);
    const reason = why ?? judged?.out;
    if (reason === undefined) return [];
    const { spec } = judged ?? file;
    const version = spec ? String(spec.version) : undefined;
    const keeps = judged !== undefined && judged.out === undefined;
    return [{ kind: 'pipeline', name: calledIn({ ...file, spec }), version, why: reason, keeps }];
  });
  const pipelines = [...second].flatMap(([file, { spec, checked, out: isOut }]): MeshPipeline[] => {
    if (isOut !== undefined) return [];
    const told = checked ? { signature: checked.signature, stageOutputs: checked.stageOutputs } : {};
    return [{ spec, file, ...told }];
  });
  return { pipelines, out };
}

/** What models took and gave when they were run, by name and version as `iris/1`: files declare shapes that are not true. */
export type SeenSignatures = ReadonlyMap<string, Signature>;

/** What signatures are looked up in. */
type Signed = Pick<Mesh, 'models' | 'transforms' | 'services' | 'aliases'>;

/** The signature of the model or transform that a step names, as far as the folder tells. */
export function signatureIn({ models, transforms, services, aliases }: Signed, target: Target): Signature | undefined {
  if (target.kind === 'pipeline') return undefined;
  if (target.kind === 'transform') return transforms.find(({ path }) => path === target.path)?.signature;
  const versions = models.find(({ name }) => name === target.name)?.versions;
  if (!versions) return services.find(({ signatures }) => signatures?.has(target.name))?.signatures?.get(target.name);
  const meant = versionMeant(aliases, target.name, target.version ?? '');
  return meant === '' ? versions[0].signature : versions.find(({ version }) => version === meant)?.signature;
}

/** The same, as pipelines are checked against it. */
export function checkedSignature(
  mesh: Signed,
  target: Target,
  seen: SeenSignatures = new Map(),
): Signature | undefined {
  const signature = signatureIn(mesh, target);
  if (!signature || target.kind !== 'model') return signature;
  const meant = versionMeant(mesh.aliases, target.name, target.version ?? '');
  const version = meant || mesh.models.find(({ name }) => name === target.name)?.versions[0].version;
  return seen.get(`${target.name}/${version}`) ?? withOpenRows(signature);
}

/** A size that tools declare for the first dimension of an output is often not true where every input may have any number of rows; only a run tells. */
function withOpenRows({ inputs, outputs }: Signature): Signature {
  if (inputs.length === 0 || !inputs.every(({ shape }) => shape[0] === -1)) return { inputs, outputs };
  const open = (spec: TensorSpec): TensorSpec => ({
    ...spec,
    shape: spec.shape.map((dim, axis) => (axis === 0 ? -1 : dim)),
  });
  return { inputs, outputs: outputs.map(open) };
}
