import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Mesh, Service } from '../mesh.ts';
import { runThreads } from '../services/run-threads.ts';

/** What a service runs, as text: as long as it is the same, its process need not be replaced. */
export function fingerprint(mesh: Mesh, { models, transforms, ...service }: Service): string {
  const { adaptiveLimit } = mesh.resilience;
  const held = mesh.models.filter(({ name }) => models.includes(name));
  // A transform may import any of the folder's code, and read all but what is withheld when its process starts.
  const code = transforms.length > 0 ? [mesh.codeDigest, mesh.withheld] : undefined;
  // Another model beside it takes from it what it had as the only one.
  const threads = held.map((model) => runThreads(model, mesh, availableParallelism()));
  const { replicas, cpus, memoryMaxBytes, rights, env } = service;
  return JSON.stringify([held, transforms, replicas, cpus, memoryMaxBytes, rights, env, threads, adaptiveLimit, code]);
}

/** Of all that the processes of a service hold, whichever folder they were read from: `sha256:` and 64 hex digits. */
export function contentDigest({ models, codeDigest }: Mesh, service: Service): string {
  const held = models
    .filter(({ name }) => service.models.includes(name))
    .map(({ name, versions }) => [name, ...versions.map(({ version, content }) => [version, content.digest])])
    .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  const code = service.transforms.length > 0 ? [service.transforms.toSorted(), codeDigest] : [];
  return `sha256:${hash('sha256', JSON.stringify([held, code]))}`;
}
