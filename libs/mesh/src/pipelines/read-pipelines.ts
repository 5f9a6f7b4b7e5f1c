/** The pipelines of a folder and the transforms that they name, as far as they can be read. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { isRecord } from '@sheaf/document';
import { InferError } from '@sheaf/inference';
import { allSteps, type PipelineSpec, parsePipeline, targetsOf } from '@sheaf/pipeline';
import { describeTransform } from '@sheaf/runtime';
import { hashFile } from '../content/hashed-file.ts';
import { checkContent } from '../content/version-content.ts';
import { type Mesh, type MeshTransform, transformName } from '../mesh.ts';
import { formatProblem, type MeshProblem, problemIn } from '../problem.ts';
import {
  bindKept,
  type KeptPipeline,
  type KeptTransform,
  keptPath,
  keptPipelines,
  keptTransform,
  pipelineFile,
  toldAs,
} from '../registry/kept-pipeline.ts';
import type { View } from '../registry/view.ts';
import { takenTwice } from '../registry/view-models.ts';
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
  /** Undefined: it is of the folder. */
  readonly kept?: KeptPipeline | undefined;
}

/** Those of the folder, then those of a view. */
export async function readPipelineFiles(
  folder: string,
  view: View | undefined,
  problems: MeshProblem[],
): Promise<PipelineFile[]> {
  const names = await readdir(join(folder, 'pipelines')).catch(() => []);
  const files: PipelineFile[] = [];
  for (const name of names.filter((entry) => /^[^.].*\.ya?ml$/.test(entry)).sort()) {
    const file = `pipelines/${name}`;
    const yaml = await readYaml(join(folder, file), file, problems);
    files.push({ file, yaml, spec: undefined });
  }
  for (const kept of keptPipelines(folder, view)) files.push(await readKept(kept, problems));
  return files;
}

async function readKept(kept: KeptPipeline, problems: MeshProblem[]): Promise<PipelineFile> {
  const file = toldAs(kept);
  const where = join(kept.folder, pipelineFile);
  const want = kept.files.find(({ path }) => path === pipelineFile)?.sha256;
  const got = await hashFile(where).catch(() => undefined);
  if (got !== undefined && got.sha256 === want)
    return { file, kept, yaml: await readYaml(where, file, problems), spec: undefined };
  problems.push(
    problemIn(
      file,
      `it is not the file of the registry: want sha256 ${want ?? 'of one'}, got ${got?.sha256 ?? 'none'}`,
    ),
  );
  return { file, kept, yaml: undefined, spec: undefined };
}

export const parsePipelineFiles = (files: readonly PipelineFile[], problems: MeshProblem[]): PipelineFile[] =>
  withoutTaken(
    files.map(({ file, yaml, kept }) => {
      if (!yaml) return { file, yaml, kept, spec: undefined };
      const parsed = parsePipeline(yaml.value);
      for (const { path, message } of parsed.problems) problems.push(yaml.place(path, message));
      return { file, yaml, kept, spec: parsed.spec && kept ? bindKept(kept, parsed.spec) : parsed.spec };
    }),
    problems,
  );

/** A name that folder and registry have is told, and left to neither. */
function withoutTaken(files: readonly PipelineFile[], problems: MeshProblem[]): PipelineFile[] {
  const kept = new Set(files.flatMap((file) => file.kept?.name ?? []));
  const taken = new Set<string>();
  for (const file of files.filter((one) => !one.kept && kept.has(calledIn(one)))) {
    problems.push(problemIn(file.file, takenTwice('pipeline', calledIn(file))));
    taken.add(calledIn(file));
  }
  return files.filter((file) => !file.kept || !taken.has(file.kept.name));
}

/** How a pipeline is called that cannot be read: as it says itself, or like its file. */
export function calledIn({ file, yaml, spec, kept }: PipelineFile): string {
  if (kept) return kept.name;
  if (spec) return spec.pipeline;
  const { pipeline } = isRecord(yaml?.value) ? yaml.value : {};
  return typeof pipeline === 'string' ? pipeline : basename(file, extname(file));
}

interface NamedTransform {
  /** Where a problem with it is told. */
  readonly place: (message: string) => MeshProblem;
  /** Undefined: it is in the folder. */
  readonly kept: KeptTransform | undefined;
}

/** The transforms that pipelines name, before any of their code is run. */
export interface NamedTransforms {
  /** By path. */
  readonly named: ReadonlyMap<string, NamedTransform>;
  /** Those of `before`, by path, whose pipelines may stand in for broken ones. */
  readonly former: ReadonlyMap<string, KeptTransform | undefined>;
  /** Names in files that are no YAML: nobody can tell what they are of. */
  readonly unread: readonly string[];
}

/** Every transform that a stage names, whatever else is wrong with its pipeline. */
export async function findTransforms(
  folder: string,
  files: readonly PipelineFile[],
  before: Mesh | undefined,
): Promise<NamedTransforms> {
  const named = new Map<string, NamedTransform>();
  const unread: string[] = [];
  for (const { file, yaml, kept } of files) {
    if (!yaml && !kept) unread.push(...(await namesIn(join(folder, file))));
    const stages = isRecord(yaml?.value) ? yaml.value['stages'] : undefined;
    for (const { path: written, place } of transformsNamed(stages, ['stages'])) {
      const path = kept ? keptPath(kept, written) : written;
      if (named.has(path)) continue;
      named.set(path, {
        place: (message) => yaml?.place(place, message) ?? problemIn(file, message),
        kept: kept && keptTransform(kept, written),
      });
    }
  }
  const former = new Map<string, KeptTransform | undefined>();
  for (const { path, file, content, pins = new Map() } of before?.transforms ?? [])
    if (!named.has(path) && (await isFile(file))) former.set(path, content && { file, content, pins });
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
  for (const [path, { place, kept }] of named) {
    const transform = await readTransform(mesh, path, kept);
    if (typeof transform !== 'string') {
      transforms.push(transform);
      continue;
    }
    const problem = place(transform);
    problems.push(problem);
    broken.set(path, formatProblem(problem));
  }
  for (const [path, kept] of former) {
    const transform = await readTransform(mesh, path, kept);
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
  kept: KeptTransform | undefined,
): Promise<MeshTransform | string> {
  if (kept) return readKeptTransform(mesh, path, kept);
  const file = resolve(mesh.folder, path);
  const inside = relative(mesh.folder, file);
  if (inside.startsWith('..') || inside.startsWith(sep))
    return `want a file inside the mesh folder${await hintOf(mesh.folder, path)}`;
  if (!(await isFile(file)))
    return `want a TypeScript or JavaScript file, found no "${path}"${await hintOf(mesh.folder, path)}`;
  return described(mesh, { path, file });
}

/** The code of a version is looked at before it is run; it reads nothing but that, and the packages that are found from there. */
async function readKeptTransform(
  mesh: Parameters<typeof transformPlace>[0],
  path: string,
  kept: KeptTransform,
): Promise<MeshTransform | string> {
  const written = relative(kept.content.folder, kept.file);
  if (!kept.content.files.some((one) => one.path === written)) return `the version has no file "${written}"`;
  try {
    await checkContent(`transform ${transformName(path)}`, kept.content);
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    return error.message;
  }
  return described(mesh, { path, ...kept });
}

async function described(
  mesh: Parameters<typeof transformPlace>[0],
  transform: Pick<MeshTransform, 'path' | 'file' | 'content' | 'pins'>,
): Promise<MeshTransform | string> {
  const name = transformName(transform.path);
  try {
    return { name, ...transform, ...(await describeTransform(transformPlace(mesh, { name, ...transform }))) };
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    return error.message;
  }
}
