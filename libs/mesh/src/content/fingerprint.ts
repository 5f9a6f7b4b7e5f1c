import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Mesh, Service } from '../mesh.ts';
import { runThreads } from '../services/run-threads.ts';

/** What a service runs, as text: as long as it is the same, its process need not be replaced. */
export function fingerprint(mesh: Mesh, { models, transforms, ...service }: Service): string {
  const { adaptiveLimit } = mesh.resilience;
  const held = mesh.models.filter(({ name }) => models.includes(name));
  // A transform reads all but what is withheld when its process starts.
  const code =
    transforms.length > 0 ? [codeOf(mesh, transforms), mesh.withheld, ...keptIn(mesh, transforms)] : undefined;
  // Another model beside it takes from it what it had as the only one.
  const threads = held.map((model) => runThreads(model, mesh, availableParallelism()));
  const { replicas, cpus, memoryMaxBytes, rights, env } = service;
  return JSON.stringify([held, transforms, replicas, cpus, memoryMaxBytes, rights, env, threads, adaptiveLimit, code]);
}

/** Of all that the processes of a service hold, whichever folder they were read from: `sha256:` and 64 hex digits. */
export function contentDigest(mesh: Mesh, service: Service): string {
  const held = mesh.models
    .filter(({ name }) => service.models.includes(name))
    .map(({ name, versions }) => [name, ...versions.map(({ version, content }) => [version, content.digest])])
    .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  const code = service.transforms.length > 0 ? [service.transforms.toSorted(), codeOf(mesh, service.transforms)] : [];
  return `sha256:${hash('sha256', JSON.stringify([held, code]))}`;
}

/** The code of the folder, where a service holds a transform of it, which may import any of that. Those of a registry have the digest of their code in their names. */
const codeOf = ({ transforms, codeDigest }: Mesh, names: readonly string[]): string | undefined =>
  names.some((name) => !transforms.find((one) => one.name === name)?.content) ? codeDigest : undefined;

/** Where the code of those of a registry lies: it goes with the version that brought it. */
const keptIn = ({ transforms }: Mesh, names: readonly string[]): string[] =>
  transforms.flatMap(({ name, content }) => (content && names.includes(name) ? [content.folder] : []));
