/** The pipelines of a folder and the transforms that they name, as far as they can be read. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { isRecord } from '@sheaf/document';
import { InferError } from '@sheaf/inference';
import { allSteps, type PipelineSpec, parsePipeline, targetsOf } from '@sheaf/pipeline';
import { describeTransform } from '@sheaf/runtime';
import { type Mesh, type MeshTransform, transformName } from '../mesh.ts';
import { formatProblem, type MeshProblem, problemIn } from '../problem.ts';
import { readYaml, type YamlFile } from '../yaml-file.ts';
import { transformPlace } from './transform-place.ts';

/** One file of `pipelines`. */
export interface PipelineFile {
  /** From the folder. */
  readonly file: string;
  /** Undefined where it is no YAML. */
  readonly yaml: YamlFile | undefined;
  /** Undefined where it is no pipeline. */
  readonly spec: PipelineSpec | undefined;
}

export async function readPipelineFiles(folder: string, problems: MeshProblem[]): Promise<PipelineFile[]> {
  const names = await readdir(join(folder, 'pipelines')).catch(() => []);
  const files: PipelineFile[] = [];
  for (const name of names.filter((entry) => /^[^.].*\.ya?ml$/.test(entry)).sort()) {
    const file = `pipelines/${name}`;
    const yaml = await readYaml(join(folder, file), file, problems);
    files.push({ file, yaml, spec: undefined });
  }
  return files;
}

export const parsePipelineFiles = (files: readonly PipelineFile[], problems: MeshProblem[]): PipelineFile[] =>
  files.map(({ file, yaml }) => {
    if (!yaml) return { file, yaml, spec: undefined };
    const parsed = parsePipeline(yaml.value);
    for (const { path, message } of parsed.problems) problems.push(yaml.place(path, message));
    return { file, yaml, spec: parsed.spec };
  });

/** How a pipeline is called that cannot be read: as it says itself, or like its file. */
export function calledIn({ file, yaml, spec }: PipelineFile): string {
  if (spec) return spec.pipeline;
  const { pipeline } = isRecord(yaml?.value) ? yaml.value : {};
  return typeof pipeline === 'string' ? pipeline : basename(file, extname(file));
}

/** The transforms that pipelines name, before any of their code is run. */
export interface NamedTransforms {
  /** By path, with the place where a problem with it is told. */
  readonly named: ReadonlyMap<string, (message: string) => MeshProblem>;
  /** Paths of `before`, whose pipelines may stand in for broken ones. */
  readonly former: readonly string[];
  /** Names in files that are no YAML: nobody can tell what they are of. */
  readonly unread: readonly string[];
}

/** Every transform that a stage names, whatever else is wrong with its pipeline. */
export async function findTransforms(
  folder: string,
  files: readonly PipelineFile[],
  before: Mesh | undefined,
): Promise<NamedTransforms> {
  const named = new Map<string, (message: string) => MeshProblem>();
  const unread: string[] = [];
  for (const { file, yaml } of files) {
    if (!yaml) unread.push(...(await namesIn(join(folder, file))));
    const stages = isRecord(yaml?.value) ? yaml.value['stages'] : undefined;
    for (const { path, place } of transformsNamed(stages, ['stages'])) {
      if (!named.has(path)) named.set(path, (message) => yaml?.place(place, message) ?? problemIn(file, message));
    }
  }
  const former: string[] = [];
  for (const { path } of before?.transforms ?? [])
    if (!named.has(path) && (await isFile(resolve(folder, path)))) former.push(path);
  return { named, former, unread };
}

export interface TransformsReading {
  readonly transforms: readonly MeshTransform[];
  /** Those that are there and broken: by path, with what is wrong. */
  readonly broken: ReadonlyMap<string, string>;
}

/** What they declare; each is loaded with the rights that mesh.yaml gives it. */
export async function readTransforms(
  { named, former }: NamedTransforms,
  mesh: Parameters<typeof transformPlace>[0],
  problems: MeshProblem[],
): Promise<TransformsReading> {
  const transforms: MeshTransform[] = [];
  const broken = new Map<string, string>();
  for (const [path, place] of named) {
    const transform = await readTransform(mesh, path);
    if (typeof transform !== 'string') {
      transforms.push(transform);
      continue;
    }
    const problem = place(transform);
    problems.push(problem);
    broken.set(path, formatProblem(problem));
  }
  for (const path of former) {
    const transform = await readTransform(mesh, path);
    if (typeof transform !== 'string') transforms.push(transform);
  }
  return { transforms, broken };
}

const isFile = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined))?.isFile() ?? false;

/** The paths of the transforms that a pipeline asks. */
export const transformsOf = ({ stages }: PipelineSpec): string[] =>
  stages
    .flatMap(({ step }) => allSteps(step, []))
    .flatMap(({ step }) => targetsOf(step))
    .flatMap((target) => (target.kind === 'transform' ? [target.path] : []));

/** As far as a text that is no YAML tells. */
async function namesIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return [...text.matchAll(/\btransform:\s*["']?([^\s"',}]+)/g)].map(([, path = '']) => transformName(path));
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

/** What to write where a file is there under nearly this path: from `pipelines`, or without its ending. */
async function hintOf(folder: string, path: string): Promise<string> {
  const inFolder = path.replace(/^(?:\.{1,2}\/)+/, '');
  for (const ending of ['', '.ts', '.mts', '.js', '.mjs'])
    if (await isFile(join(folder, inFolder + ending))) return `; did you mean ./${inFolder}${ending}?`;
  return '';
}

/** A transform, or what is wrong with it. */
async function readTransform(
  mesh: Parameters<typeof transformPlace>[0],
  path: string,
): Promise<MeshTransform | string> {
  const file = resolve(mesh.folder, path);
  const inside = relative(mesh.folder, file);
  if (inside.startsWith('..') || inside.startsWith(sep))
    return `want a file inside the mesh folder${await hintOf(mesh.folder, path)}`;
  if (!(await isFile(file)))
    return `want a TypeScript or JavaScript file, found no "${path}"${await hintOf(mesh.folder, path)}`;
  try {
    const name = transformName(path);
    return { name, path, file, ...(await describeTransform(transformPlace(mesh, { name, file }))) };
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    return error.message;
  }
}
