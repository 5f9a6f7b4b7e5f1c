/** Reads a mesh folder: its parts, then what they are to one another. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isRecord } from '@sheaf/document';
import type { Limits } from '@sheaf/inference';
import { checkNames } from './check-names.ts';
import { digestCode } from './content/code-digest.ts';
import { policiesInForce } from './in-force.ts';
import { loadedPart } from './loaded-part.ts';
import type { Mesh, MeshPipeline, OutPart } from './mesh.ts';
import { aliasesInForce } from './pipelines/aliases-in-force.ts';
import { checkUses } from './pipelines/check-uses.ts';
import {
  judgePipelines,
  type SeenSignatures,
  type Surroundings,
  servablePipelines,
} from './pipelines/judge-pipelines.ts';
import { transformsOf } from './pipelines/read-pipelines.ts';
import { withheldFiles } from './pipelines/withheld-files.ts';
import { readPolicies } from './policies/read-policies.ts';
import { formatProblem, type MeshProblem, problemIn } from './problem.ts';
import { type FolderParts, isHeld, readParts, type Told } from './read-parts.ts';
import { readView, type View } from './registry/view.ts';
import { fitLimits } from './services/fit-limits.ts';
import { servicesHolding } from './services/keep-services.ts';
import { readYaml } from './yaml-file.ts';

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
  /** Whether the view of a registry is read beside the folder. Default: as `before` was, or as mesh.yaml says. */
  readonly follow?: boolean | undefined;
  /** The names that are to be served, see `Mesh.loaded`. Default: as `before` has them. */
  readonly loaded?: readonly string[] | undefined;
  /** Pipelines are checked against these where there are any, else against what the files of the models declare. */
  readonly seen?: SeenSignatures;
}

/** Reads a mesh folder once, into typed specs, and finds every mistake in it. Starts nothing. */
export async function readMesh(path: string, options: ReadOptions = {}): Promise<MeshReading> {
  const { before, keep = new Map<string, string>(), seen = new Map(), loaded = before?.loaded } = options;
  const folder = resolve(path);
  const told: Told = { problems: [], notes: [] };
  if (!(await isFolder(folder))) {
    told.problems.push(problemIn(path, 'want a mesh folder, found none'));
    return { mesh: undefined, servable: undefined, ...told };
  }
  const view = (await follows(folder, options)) ? ((await readView(folder)).view ?? nothingYet) : undefined;
  const read = await readParts(folder, view, before, [...keep.keys()], told);
  const { pipelineFiles, settings } = read;
  const { brokenModels, brokenTransforms } = read;
  const broken = { seen, brokenModels, brokenTransforms };
  const { aliases, why: aliasesWhy } = aliasesInForce(pipelineFiles, { mesh: read.parts, ...broken }, before);
  if (aliasesWhy !== undefined) told.problems.push(problemIn('mesh.yaml', aliasesWhy));
  const parts = { ...read.parts, aliases };
  const around: Surroundings = { mesh: parts, ...broken };
  const { limits, isFit, out: outLimits } = readLimits(read, around, before, told);
  const parsed = pipelineFiles.flatMap(({ file, spec }): MeshPipeline[] => (spec ? [{ file, spec }] : []));
  checkWhole(read, parsed, view, told.problems);
  const { pipelines, out: outPipelines } = servablePipelines(pipelineFiles, around, told.problems, before);
  const written = await readPolicies({ ...parts, limits, pipelines: [...parsed, ...pipelines] }, brokenModels);
  told.problems.push(...written.problems, ...written.routes.map(({ problem }) => problem));
  told.notes.push(...written.notes);
  const policies = policiesInForce(written.policies, written.problems, before);
  const whole = pruned({
    ...parts,
    limits,
    ...(view && { follows: true }),
    withheld: withheldFiles(parts, read.logs),
    codeDigest: isCodeKept(read) ? before?.codeDigest : await digestOf(parts),
    pipelines,
    policies: policies.value,
    out: [
      ...read.out.map((part) => ({ ...part, keeps: isHeld(part, parts) })),
      ...(view?.out ?? []).map((part) => ({ ...part, version: String(part.version), keeps: false })),
      ...keptParts(before, keep),
      ...outPipelines,
      ...written.routes.map(({ name, problem }) => outRoute(name, problem)),
      ...settings.out,
      ...(aliasesWhy === undefined ? [] : [keptFile(`mesh.yaml: ${aliasesWhy}`)]),
      ...outLimits,
      ...policies.out,
    ],
  });
  const mesh = loadedPart(whole, loaded);
  const saysWhoMayCall =
    before !== undefined || (settings.value !== undefined && isFit && written.problems.length === 0);
  // Of a registry there may be nothing yet.
  const isServable = saysWhoMayCall && (view !== undefined || whole.services.length + whole.pipelines.length > 0);
  return { mesh: told.problems.length === 0 ? mesh : undefined, servable: isServable ? mesh : undefined, ...told };
}

const nothingYet: View = { schema: 1, epoch: 0, entries: [], out: [] };

async function follows(folder: string, { follow, before }: ReadOptions): Promise<boolean> {
  if (follow !== undefined) return follow;
  if (before) return before.follows ?? false;
  const { value } = (await readYaml(join(folder, 'mesh.yaml'), 'mesh.yaml', [])) ?? {};
  return isRecord(value) && 'registry' in value;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

/** Type-checks the pipelines, whose signatures the limits have to fit. Where mesh.yaml is broken, the limits before stay in force. */
function readLimits(
  { parts, pipelineFiles, settings }: FolderParts,
  around: Surroundings,
  before: Mesh | undefined,
  { problems, notes }: Told,
): { readonly limits: Limits; readonly isFit: boolean; readonly out: readonly OutPart[] } {
  const judged = judgePipelines(pipelineFiles, around);
  for (const { problems: own } of judged.values()) problems.push(...own);
  const pipelines = [...judged].map(
    ([file, { spec, checked }]): MeshPipeline => ({ spec, file, ...(checked ? { signature: checked.signature } : {}) }),
  );
  const unfit: MeshProblem[] = [];
  const fitted = fitLimits(settings.read.limits, { ...parts, pipelines }, unfit, notes);
  problems.push(...unfit);
  const isFit = unfit.length === 0;
  const isInForce = settings.value !== undefined && isFit && settings.out.every(({ name }) => name !== 'mesh.yaml');
  return { limits: before && !isInForce ? before.limits : fitted, isFit, out: keptLimits(unfit) };
}

/** Looks at all parts together. */
function checkWhole(
  read: FolderParts,
  pipelines: readonly MeshPipeline[],
  view: View | undefined,
  problems: MeshProblem[],
): void {
  checkNames({ ...read.parts, pipelines }, problems);
  checkUses({ ...read.parts, pipelines }, read.brokenModels, problems);
  if (!view && read.isEmpty && pipelines.length === 0 && problems.length === 0)
    problems.push(
      problemIn('.', 'want models/<name>/<version>/model.onnx, pipelines/*.yaml or mesh.yaml, found none of them'),
    );
}

const keptLimits = (unfit: readonly MeshProblem[]): OutPart[] =>
  unfit.length === 0 ? [] : [keptFile(unfit.map(formatProblem).join('; '))];

const keptFile = (why: string): OutPart => ({ kind: 'file', name: 'mesh.yaml', why, keeps: true });

const outRoute = (name: string, problem: MeshProblem): OutPart => ({
  kind: 'route',
  name,
  why: formatProblem(problem),
  keeps: false,
});

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
const isCodeKept = ({ parts, kept }: FolderParts): boolean =>
  parts.services.some(({ name, transforms }) => transforms.length > 0 && kept.includes(name));

const digestOf = async ({ folder, transforms }: Pick<Mesh, 'folder' | 'transforms'>): Promise<string | undefined> =>
  transforms.some(({ content }) => content === undefined) ? digestCode(folder) : undefined;

/** Without the transforms that no pipeline asks, the names in services of what is out, and what no service holds. */
function pruned(mesh: Mesh): Mesh {
  const asked = new Set(mesh.pipelines.flatMap(({ spec }) => transformsOf(spec)));
  const transforms = mesh.transforms.filter(({ path }) => asked.has(path));
  const names = (items: readonly { readonly name: string }[]) => new Set(items.map(({ name }) => name));
  const services = servicesHolding(mesh.services, names(mesh.models), names(transforms));
  const held = new Set(services.flatMap(({ models }) => models));
  return { ...mesh, transforms, services, models: mesh.models.filter(({ name }) => held.has(name)) };
}
