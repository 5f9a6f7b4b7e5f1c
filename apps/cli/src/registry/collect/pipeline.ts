/** A pipeline of a mesh folder as a version: its file, its tests, the code that its transforms may import, and what it asks of models and pipelines. */
import { globSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { InferError } from '@sheaf/inference';
import { formatProblem, isInside, readMesh, readTests, transformsOf } from '@sheaf/mesh';
import { allSteps, type PipelineSpec, type PipelineTarget, pipelineName, targetsOf } from '@sheaf/pipeline';
import type { ManifestMessage, RegistryCalls } from '@sheaf/transport';
import { UsageError } from '../../command.ts';
import type { RegistryPlace } from '../action.ts';
import { type Collected, collectFile } from './walk.ts';

type Pin = ManifestMessage['pins'][number];

/** How models and pipelines are pinned that the pipeline asks without a version. */
export type PinBy = 'alias' | 'digest';

export async function collectPipeline(
  { folder, calls }: Pick<RegistryPlace, 'folder' | 'calls'>,
  name: string,
  pinBy: PinBy,
): Promise<Collected> {
  const { servable, problems } = await readMesh(folder);
  const pipeline = servable?.pipelines.find(({ spec }) => spec.pipeline === name);
  if (!pipeline) {
    const [first] = problems;
    const why = first ? `; the first mistake of the folder is ${first.file}: ${first.message}` : '';
    throw new UsageError(`${folder}: want a pipeline "${name}" that is whole, found none${why}`);
  }
  const files = [await collectFile('pipeline.yaml', join(folder, pipeline.file))];
  const transforms = transformsOf(pipeline.spec);
  const code = transforms.length > 0 ? codeIn(folder) : [];
  const uses = (servable?.transforms ?? []).flatMap((one) =>
    transforms.includes(one.path) ? one.uses.map((used) => ({ name: used })) : [],
  );
  const paths = new Set([...code, ...(await testsIn(folder, name))].map((path) => path.replaceAll('\\', '/')));
  for (const path of [...paths].sort()) files.push(await collectFile(path, join(folder, path)));
  return { files, said: { pins: await pinsOf(calls, [...targets(pipeline.spec), ...uses], pinBy) } };
}

/** All code of the folder, since any of it may be imported, and with it the lock of its packages. */
const codeIn = (folder: string): string[] =>
  globSync('**/*.{ts,mts,cts,js,mjs,cjs,json}', {
    cwd: folder,
    exclude: ['**/node_modules/**', '.*/**', 'tests/**', 'models/**', 'pipelines/**', 'schemas/**'],
  });

/** Its tests and the files that these name; each lies in the version where it lies in the folder. */
async function testsIn(folder: string, name: string): Promise<readonly string[]> {
  const { files, problems } = await readTests(folder, undefined);
  const [mistake] = problems;
  // Whose tests these would be cannot be told.
  if (mistake) throw new UsageError(formatProblem(mistake));
  const own = files.filter(({ pipeline }) => pipelineName(pipeline).name === name);
  const paths: string[] = [];
  for (const { file, folder: at, tests } of own) {
    paths.push(file);
    for (const value of tests.flatMap(({ inputs }) => [...inputs.values()])) {
      if (typeof value !== 'string') continue;
      const path = relative(resolve(folder), resolve(at, value));
      if (!isInside(path.replaceAll('\\', '/')))
        throw new UsageError(`${file}: want files inside the mesh folder, got ${value}`);
      paths.push(path);
    }
  }
  return paths;
}

/** What is asked, of a version where that is said. */
type Asked = Pick<PipelineTarget, 'name' | 'version'>;

const targets = ({ stages }: PipelineSpec): Asked[] =>
  stages
    .flatMap(({ step }) => allSteps(step, []))
    .flatMap(({ step }) => targetsOf(step))
    .flatMap((target) => (target.kind === 'transform' ? [] : [target]));

async function pinsOf(calls: RegistryCalls, asked: readonly Asked[], pinBy: PinBy): Promise<Pin[]> {
  const pins = new Map<string, Pin>();
  for (const { name, version = '' } of asked) {
    const pin = await pinOf(calls, name, version, pinBy);
    if (pin) pins.set(JSON.stringify(pin), pin);
  }
  return [...pins.values()];
}

/** Undefined for what the registry does not have: a model of the mesh folder, or of somebody else's server. */
async function pinOf(calls: RegistryCalls, name: string, version: string, by: PinBy): Promise<Pin | undefined> {
  if (/^[a-z]/.test(version) && by === 'alias') return { name, digest: '', alias: version };
  try {
    const found = await calls.getVersion({ name, version });
    const follows = version === '' && by === 'alias' && found.aliases.includes('champion');
    return follows ? { name, digest: '', alias: 'champion' } : { name, digest: found.digest, alias: '' };
  } catch (error) {
    if (error instanceof InferError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
