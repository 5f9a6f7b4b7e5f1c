/** What is served from one reload to the next. */
import { fingerprint, type Mesh } from '@sheaf/mesh';
import { type Catalog, openCatalog } from './catalog.ts';
import { type Front, type FrontPorts, openFront } from './front.ts';
import type { Guards } from './guards.ts';
import { openServices, type Services } from './services.ts';

/** What a generation is made of. */
export interface Served {
  readonly mesh: Mesh;
  /** `service=target`, of our own services. */
  readonly endpoints: readonly string[];
}

/** What outlives one. */
export interface GenerationPorts extends FrontPorts {
  readonly guards: Guards;
}

export interface Generation {
  readonly served: Served;
  /** By service: what its processes run. */
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly services: Services;
  readonly catalog: Catalog;
  /** What stands before the catalog for callers from outside. */
  readonly front: Front;
  /** Releases what only this generation used. */
  close(): void;
}

/** `times` are those of the generation before. Throws when any part of it cannot be served. */
export async function openGeneration(
  served: Served,
  ports: GenerationPorts,
  times?: Catalog['times'],
): Promise<Generation> {
  const { mesh, endpoints } = served;
  const services = openServices(mesh, endpoints, ports.guards);
  try {
    const [catalog] = await Promise.all([openCatalog(mesh, services, times), services.asked]);
    const fingerprints = fingerprintsOf(mesh);
    const front = openFront(catalog, mesh.policies, ports);
    return { served, fingerprints, services, catalog, front, close: () => services.close() };
  } catch (error) {
    services.close();
    throw error;
  }
}

/** Of our own services. */
export function fingerprintsOf(mesh: Mesh): ReadonlyMap<string, string> {
  const own = mesh.services.filter(({ endpoint }) => !endpoint);
  return new Map(own.map((service) => [service.name, fingerprint(mesh, service)]));
}
