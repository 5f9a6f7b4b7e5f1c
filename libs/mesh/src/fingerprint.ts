import { globSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Mesh, Service } from './mesh.ts';
import { runThreads } from './run-threads.ts';

/** What a service runs, as text: as long as it is the same, its process need not be replaced. */
export async function fingerprint(mesh: Mesh, { models, transforms, ...service }: Service): Promise<string> {
  const { adaptiveLimit } = mesh.resilience;
  const held = mesh.models.filter(({ name }) => models.includes(name));
  const files = held.flatMap(({ versions }) => versions.map(({ file }) => file));
  // A transform may import any of the folder's code.
  const code = transforms.length > 0 ? codeFiles(mesh.folder) : [];
  const states = await Promise.all([...files, ...code].map(stateOf));
  // Another model beside it takes from it what it had as the only one.
  const threads = held.map((model) => runThreads(model, mesh, availableParallelism()));
  const { replicas, cpus, memoryMaxBytes } = service;
  return JSON.stringify([held, transforms, replicas, cpus, memoryMaxBytes, threads, adaptiveLimit, states]);
}

function codeFiles(folder: string): string[] {
  const paths = globSync('**/*.{ts,js,mjs,json}', { cwd: folder, exclude: ['**/node_modules/**', '.*/**'] });
  return paths.sort().map((path) => join(folder, path));
}

/** A file that goes while we look is another state. */
async function stateOf(file: string): Promise<readonly [string, number, number]> {
  const { size = 0, mtimeMs = 0 } = (await stat(file).catch(() => undefined)) ?? {};
  return [file, size, mtimeMs];
}
