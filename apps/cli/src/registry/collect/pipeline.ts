/** A pipeline of a mesh folder as a version: its file, the code that its transforms may import, and what it asks of models and pipelines. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { InferError } from '@sheaf/inference';
import { readMesh, transformsOf } from '@sheaf/mesh';
import { allSteps, type PipelineSpec, targetsOf } from '@sheaf/pipeline';
import type { PushedFile } from '@sheaf/registry';
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
  if (transformsOf(pipeline.spec).length > 0) files.push(...(await codeIn(folder)));
  return { files, said: { pins: await pinsOf(calls, pipeline.spec, pinBy) } };
}

/** All code of the folder, since any of it may be imported, and with it the lock of its packages. */
async function codeIn(folder: string): Promise<readonly PushedFile[]> {
  const paths = globSync('**/*.{ts,mts,cts,js,mjs,cjs,json}', {
    cwd: folder,
    exclude: ['**/node_modules/**', '.*/**', 'tests/**', 'models/**', 'pipelines/**', 'schemas/**'],
  });
  const files: PushedFile[] = [];
  for (const path of paths.sort()) files.push(await collectFile(path.replaceAll('\\', '/'), join(folder, path)));
  return files;
}

async function pinsOf(calls: RegistryCalls, spec: PipelineSpec, pinBy: PinBy): Promise<Pin[]> {
  const asked = spec.stages
    .flatMap(({ step }) => allSteps(step, []))
    .flatMap(({ step }) => targetsOf(step))
    .flatMap((target) => (target.kind === 'transform' ? [] : [target]));
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
