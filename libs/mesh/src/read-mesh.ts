import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { defaultLimits, InferError, type Signature, type TensorSpec } from '@sheaf/inference';
import { checkPipelines, type PipelineSpec, parsePipeline, type Target } from '@sheaf/pipeline';
import { describeTransform } from '@sheaf/runtime';
import { checkUses } from './check-uses.ts';
import { digestCode } from './code-digest.ts';
import { isRecord } from './fields.ts';
import { fitLimits } from './fit-limits.ts';
import { type Mesh, type MeshPipeline, type MeshTransform, transformName } from './mesh.ts';
import { type MeshProblem, problemIn } from './problem.ts';
import { readModels } from './read-models.ts';
import { readPolicies } from './read-policies.ts';
import { readSettings } from './read-services.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

export interface MeshReading {
  /** Undefined when there is any problem. */
  readonly mesh: Mesh | undefined;
  readonly problems: readonly MeshProblem[];
  /** What is no mistake, but may not be meant. */
  readonly notes: readonly MeshProblem[];
}

interface ParsedPipeline {
  readonly yaml: YamlFile;
  readonly spec: PipelineSpec;
}

/** Reads a mesh folder once, into typed specs, and finds every mistake in it. Starts nothing. */
export async function readMesh(path: string): Promise<MeshReading> {
  const folder = resolve(path);
  const problems: MeshProblem[] = [];
  if (!(await isFolder(folder)))
    return { mesh: undefined, problems: [problemIn(path, 'want a mesh folder, found none')], notes: [] };
  const models = await readModels(folder, problems);
  const yamls = await readPipelineFiles(folder, problems);
  const transforms = await readTransforms(folder, yamls, problems);
  const parsed = yamls.flatMap((yaml) => parse(yaml, problems));
  const transformNames = transforms.map(({ name }) => name);
  const modelNames = models.map(({ name }) => name);
  const { limits: said, ...settings } = await readSettings(folder, modelNames, transformNames, problems);
  const mesh: Mesh = {
    folder,
    models,
    transforms,
    codeDigest: transforms.length > 0 ? await digestCode(folder) : undefined,
    pipelines: [],
    policies: undefined,
    limits: defaultLimits,
    ...settings,
  };
  const pipelines = checkTypes(mesh, parsed, problems);
  const notes: MeshProblem[] = [];
  const limits = fitLimits(said, { models, transforms, pipelines }, problems, notes);
  checkNames({ ...mesh, pipelines }, problems);
  checkUses({ ...mesh, pipelines }, problems);
  if (models.length + settings.services.length + parsed.length === 0 && problems.length === 0) {
    problems.push(
      problemIn('.', 'want models/<name>/<version>/model.onnx, pipelines/*.yaml or mesh.yaml, found none of them'),
    );
  }
  const policies = await readPolicies({ ...mesh, pipelines }, problems);
  return { mesh: problems.length === 0 ? { ...mesh, limits, pipelines, policies } : undefined, problems, notes };
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function readPipelineFiles(folder: string, problems: MeshProblem[]): Promise<YamlFile[]> {
  const names = await readdir(join(folder, 'pipelines')).catch(() => []);
  const yamls: YamlFile[] = [];
  for (const name of names.filter((entry) => /\.ya?ml$/.test(entry)).sort()) {
    const yaml = await readYaml(join(folder, 'pipelines', name), `pipelines/${name}`, problems);
    if (yaml) yamls.push(yaml);
  }
  return yamls;
}

function parse(yaml: YamlFile, problems: MeshProblem[]): ParsedPipeline[] {
  const parsed = parsePipeline(yaml.value);
  for (const { path, message } of parsed.problems) problems.push(yaml.place(path, message));
  return parsed.spec ? [{ yaml, spec: parsed.spec }] : [];
}

/** Every transform that a stage names, whatever else is wrong with its pipeline. */
async function readTransforms(
  folder: string,
  yamls: readonly YamlFile[],
  problems: MeshProblem[],
): Promise<MeshTransform[]> {
  const transforms = new Map<string, MeshTransform>();
  const tried = new Set<string>();
  for (const yaml of yamls) {
    const stages = isRecord(yaml.value) ? yaml.value.stages : undefined;
    for (const { path, place } of transformsNamed(stages, ['stages'])) {
      if (tried.has(path)) continue;
      tried.add(path);
      const transform = await readTransform(folder, path);
      if (typeof transform === 'string') problems.push(yaml.place(place, transform));
      else transforms.set(path, transform);
    }
  }
  return [...transforms.values()];
}

type Path = readonly (string | number)[];

/** A step may stand in a step; deeper ones are refused by the parser. */
const depthMax = 24;

/** Every `transform: <path>` below a part of a document. */
function transformsNamed(value: unknown, place: Path): { readonly path: string; readonly place: Path }[] {
  if (typeof value !== 'object' || value === null || place.length > depthMax) return [];
  const below = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return below.flatMap(([key, item]) =>
    key === 'transform' && typeof item === 'string'
      ? [{ path: item, place: [...place, key] }]
      : transformsNamed(item, [...place, key]),
  );
}

/** A transform, or what is wrong with it. */
async function readTransform(folder: string, path: string): Promise<MeshTransform | string> {
  const file = resolve(folder, path);
  const inside = relative(folder, file);
  if (inside.startsWith('..') || inside.startsWith(sep)) return 'want a file inside the mesh folder';
  if (!(await stat(file).catch(() => undefined))?.isFile())
    return `want a TypeScript or JavaScript file, found no "${path}"`;
  try {
    return { name: transformName(path), path, file, ...(await describeTransform(file)) };
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    return error.message;
  }
}

/** Models, transforms and pipelines are all addressed by one name; of a pipeline each version has a file of its own. */
function checkNames({ models, transforms, pipelines }: Mesh, problems: MeshProblem[]): void {
  const owners = new Map<string, string>();
  const claim = (name: string, file: string): void => {
    const owner = owners.get(name);
    if (owner) problems.push(problemIn(file, `the name "${name}" is already taken by ${owner}`));
    else owners.set(name, file);
  };
  for (const { name } of models) claim(name, `models/${name}`);
  for (const { name, path } of transforms) claim(name, path);
  const versions = new Map<string, string>();
  for (const { spec, file } of pipelines) {
    const version = `${spec.pipeline}" version ${spec.version}`;
    const other = versions.get(version);
    if (other) problems.push(problemIn(file, `pipeline "${version} is already in ${other}`));
    else versions.set(version, file);
  }
  for (const [name, [{ file } = { file: '' }]] of Map.groupBy(pipelines, ({ spec }) => spec.pipeline))
    claim(name, file);
}

function checkTypes(mesh: Mesh, parsed: readonly ParsedPipeline[], problems: MeshProblem[]): MeshPipeline[] {
  const foreign = new Set(mesh.services.filter(({ endpoint }) => endpoint).flatMap(({ models }) => models));
  const broken = new Set(problems.map(({ file }) => file.split('/')[1] ?? ''));
  const yamlOf = new Map(parsed.map(({ yaml, spec }) => [spec, yaml]));
  const checks = checkPipelines([...yamlOf.keys()], (target) => checkedSignature(mesh, target));
  for (const { spec, problems: found } of checks) {
    for (const problem of found) {
      // What a foreign server serves is known only when it answers; a model that cannot be read has its own line.
      const about = problem.target?.kind === 'model' ? problem.target.name : undefined;
      const transformFailed = problem.target?.kind === 'transform';
      if (transformFailed || (about !== undefined && (foreign.has(about) || broken.has(about)))) continue;
      const place = yamlOf.get(spec)?.place(problem.path, problem.message);
      if (place) problems.push(place);
    }
  }
  return checks.map(({ spec, checked }) => ({
    spec,
    file: yamlOf.get(spec)?.file ?? '',
    ...(checked ? { signature: checked.signature, stageOutputs: checked.stageOutputs } : {}),
  }));
}

/** What signatures are looked up in. */
type Signed = Pick<Mesh, 'models' | 'transforms' | 'services'>;

/** The signature of the model or transform that a step names, as far as the folder tells. */
export function signatureIn({ models, transforms, services }: Signed, target: Target): Signature | undefined {
  if (target.kind === 'pipeline') return undefined;
  if (target.kind === 'transform') return transforms.find(({ path }) => path === target.path)?.signature;
  const versions = models.find(({ name }) => name === target.name)?.versions;
  if (!versions) return services.find(({ signatures }) => signatures?.has(target.name))?.signatures?.get(target.name);
  return target.version
    ? versions?.find(({ version }) => version === target.version)?.signature
    : versions?.[0].signature;
}

/** The same, as pipelines are checked against it. */
export function checkedSignature(mesh: Signed, target: Target): Signature | undefined {
  const signature = signatureIn(mesh, target);
  return signature && target.kind === 'model' ? withOpenRows(signature) : signature;
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
