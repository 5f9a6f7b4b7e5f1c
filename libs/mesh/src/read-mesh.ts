import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkUses } from './check-uses.ts';
import { digestCode } from './code-digest.ts';
import { fitLimits } from './fit-limits.ts';
import { type InForce, type MeshSettings, policiesInForce, settingsInForce } from './in-force.ts';
import { judgePipelines, type SeenSignatures, servablePipelines } from './judge-pipelines.ts';
import { keepServices, servicesHolding } from './keep-services.ts';
import { type Mesh, type MeshPipeline, type OutPart, transformName } from './mesh.ts';
import { formatProblem, type MeshProblem, problemIn } from './problem.ts';
import { readModels } from './read-models.ts';
import {
  findTransforms,
  type NamedTransforms,
  parsePipelineFiles,
  readPipelineFiles,
  readTransforms,
  transformsOf,
} from './read-pipelines.ts';
import { readPolicies } from './read-policies.ts';
import { readSettings, type MeshSettings as Written } from './read-services.ts';
import { wholeModels } from './whole-models.ts';
import { accessLogFiles, withheldFiles } from './withheld-files.ts';

export interface MeshReading {
  /** Undefined when there is any problem. */
  readonly mesh: Mesh | undefined;
  /**
   * What is whole, with the rest in `out`. Undefined where there is nothing to serve, and where mesh.yaml or policies.yaml is broken and there is no
   * state before it that could stay in force: nobody could tell who may call.
   */
  readonly servable: Mesh | undefined;
  readonly problems: readonly MeshProblem[];
  /** What is no mistake, but may not be meant. */
  readonly notes: readonly MeshProblem[];
}

export interface ReadOptions {
  /** What is being served: where something is broken that is whole in it, that stands in for it in what is servable. */
  readonly before?: Mesh | undefined;
  /** Services of `before` that stand in with all that they hold, by name, each with why. */
  readonly keep?: ReadonlyMap<string, string>;
  /** Pipelines are checked against these where there are any, else against what the files of the models declare. */
  readonly seen?: SeenSignatures;
}

/** Reads a mesh folder once, into typed specs, and finds every mistake in it. Starts nothing. */
export async function readMesh(
  path: string,
  { before, keep = new Map(), seen = new Map() }: ReadOptions = {},
): Promise<MeshReading> {
  const folder = resolve(path);
  const problems: MeshProblem[] = [];
  if (!(await isFolder(folder)))
    return {
      mesh: undefined,
      servable: undefined,
      problems: [problemIn(path, 'want a mesh folder, found none')],
      notes: [],
    };
  const { models, out: outModels } = wholeModels(await readModels(folder, problems), problems);
  const yamls = await readPipelineFiles(folder, problems);
  const found = await findTransforms(folder, yamls, before);
  const modelNames = [...models, ...outModels].map(({ name }) => name);
  const notes: MeshProblem[] = [];
  const settings = await readSettingsInForce(folder, modelNames, found, before, notes);
  const { services, gateway, resilience, tls, secret } = settings.value ?? settings.read;
  const logs = await accessLogFiles(folder);
  const withheld = withheldFiles({ folder, services, gateway, tls, secret }, logs);
  const read = await readTransforms(found, { folder, services, secret, withheld }, problems);
  const files = parsePipelineFiles(yamls, problems);
  problems.push(...settings.problems);

  const outTransforms = [...read.broken].map(([name, why]) => outTransform(name, why));
  const kept = before ? [...keep.keys(), ...servicesToKeep(before, [...outModels, ...outTransforms])] : [];
  const parts = keepServices(
    { folder, models, transforms: read.transforms, services, gateway, resilience, tls, secret },
    before,
    kept,
  );
  const around = {
    mesh: parts,
    seen,
    brokenModels: new Set(outModels.map(({ name }) => name)),
    brokenTransforms: new Set(read.broken.keys()),
  };
  const judged = judgePipelines(files, around);
  for (const { problems: own } of judged.values()) problems.push(...own);
  const unfit: MeshProblem[] = [];
  const signed = [...judged].map(
    ([file, { spec, checked }]): MeshPipeline => ({ spec, file, ...(checked ? { signature: checked.signature } : {}) }),
  );
  const fitted = fitLimits(settings.read.limits, { ...parts, pipelines: signed }, unfit, notes);
  problems.push(...unfit);
  const isSettled = settings.value !== undefined && unfit.length === 0;
  const limits =
    before && (!isSettled || settings.out.some(({ name }) => name === 'mesh.yaml')) ? before.limits : fitted;
  const parsed = files.flatMap(({ file, spec }): MeshPipeline[] => (spec ? [{ file, spec }] : []));
  checkNames({ ...parts, pipelines: parsed }, problems);
  checkUses({ ...parts, pipelines: parsed }, around.brokenModels, problems);
  if (modelNames.length + services.length + parsed.length === 0 && problems.length === 0) {
    problems.push(
      problemIn('.', 'want models/<name>/<version>/model.onnx, pipelines/*.yaml or mesh.yaml, found none of them'),
    );
  }
  const { pipelines, out: outPipelines } = servablePipelines(files, around, problems, before);

  const known = { ...parts, limits, pipelines: [...parsed, ...pipelines] };
  const written = await readPolicies(known, around.brokenModels);
  problems.push(...written.problems, ...written.routes.map(({ problem }) => problem));
  notes.push(...written.notes);
  const policies = policiesInForce(written.policies, written.problems, before);
  const mesh = pruned({
    ...parts,
    limits,
    withheld: withheldFiles(parts, logs),
    codeDigest: isCodeKept(parts, kept) ? before?.codeDigest : await digestOf(parts),
    pipelines,
    policies: policies.value,
    out: [
      ...[...outModels, ...outTransforms].map((part) => ({ ...part, keeps: isHeld(part, parts) })),
      ...keptParts(before, keep),
      ...outPipelines,
      ...written.routes.map(
        ({ name, problem }): OutPart => ({ kind: 'route', name, why: formatProblem(problem), keeps: false }),
      ),
      ...settings.out,
      ...keptLimits(unfit),
      ...policies.out,
    ],
  });
  const isDoorWritten = before !== undefined || (isSettled && written.problems.length === 0);
  const isServable = isDoorWritten && mesh.services.length + mesh.pipelines.length > 0;
  return { mesh: problems.length === 0 ? mesh : undefined, servable: isServable ? mesh : undefined, problems, notes };
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** mesh.yaml may name what is out: that is no mistake of its own. */
async function readSettingsInForce(
  folder: string,
  modelNames: readonly string[],
  { named, former, unread }: NamedTransforms,
  before: Mesh | undefined,
  notes: MeshProblem[],
): Promise<InForce<MeshSettings> & { readonly read: Written; readonly problems: readonly MeshProblem[] }> {
  const problems: MeshProblem[] = [];
  const transformNames = [...[...named.keys(), ...former].map(transformName), ...unread];
  const read = await readSettings(folder, [...new Set(modelNames)], [...new Set(transformNames)], problems, notes);
  return { ...settingsInForce(read, problems, before), read, problems };
}

const outTransform = (path: string, why: string): OutPart => ({
  kind: 'transform',
  name: transformName(path),
  why,
  keeps: false,
});

const keptLimits = (unfit: readonly MeshProblem[]): OutPart[] =>
  unfit.length === 0
    ? []
    : [{ kind: 'file', name: 'mesh.yaml', why: unfit.map(formatProblem).join('; '), keeps: true }];

function keptParts(before: Mesh | undefined, keep: ReadonlyMap<string, string>): OutPart[] {
  return [...keep].flatMap(([service, why]) => {
    const { models = [], transforms = [] } = before?.services.find(({ name }) => name === service) ?? {};
    return [
      ...models.map((name): OutPart => ({ kind: 'model', name, why, keeps: true })),
      ...transforms.map((name): OutPart => ({ kind: 'transform', name, why, keeps: true })),
    ];
  });
}

/** Any transform may import any code of the folder: where one goes on as it was, all of them do. */
const isCodeKept = ({ services }: Pick<Mesh, 'services'>, kept: readonly string[]): boolean =>
  services.some(({ name, transforms }) => transforms.length > 0 && kept.includes(name));

const digestOf = async ({ folder, transforms }: Pick<Mesh, 'folder' | 'transforms'>): Promise<string | undefined> =>
  transforms.length > 0 ? digestCode(folder) : undefined;

/** Those that hold something that is out now. */
function servicesToKeep(before: Mesh, out: readonly OutPart[]): string[] {
  const were = out.filter((part) => isHeld(part, before)).map(({ name }) => name);
  return before.services
    .filter(({ endpoint }) => !endpoint)
    .filter(({ models, transforms }) => were.some((name) => models.includes(name) || transforms.includes(name)))
    .map(({ name }) => name);
}

function isHeld({ kind, name, version }: OutPart, { models, transforms }: Pick<Mesh, 'models' | 'transforms'>) {
  if (kind === 'transform') return transforms.some((transform) => transform.name === name);
  const model = models.find((one) => one.name === name);
  return model?.versions.some((one) => version === undefined || one.version === version) ?? false;
}

/** Without the transforms that no pipeline asks, the names in services of what is out, and what no service holds. */
function pruned(mesh: Mesh): Mesh {
  const asked = new Set(mesh.pipelines.flatMap(({ spec }) => transformsOf(spec)));
  const transforms = mesh.transforms.filter(({ path }) => asked.has(path));
  const names = (items: readonly { readonly name: string }[]) => new Set(items.map(({ name }) => name));
  const services = servicesHolding(mesh.services, names(mesh.models), names(transforms));
  const held = new Set(services.flatMap(({ models }) => models));
  return { ...mesh, transforms, services, models: mesh.models.filter(({ name }) => held.has(name)) };
}

/** Models, transforms and pipelines are all addressed by one name; of a pipeline each version has a file of its own. */
function checkNames(
  { models, transforms, pipelines }: Pick<Mesh, 'models' | 'transforms' | 'pipelines'>,
  problems: MeshProblem[],
): void {
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
