/** What is served from one reload to the next. */

import { InferError } from '@sheaf/inference';
import { fingerprint, isKept, type Mesh, type OutPart, type Steering, steeringProblem } from '@sheaf/mesh';
import type { AnswerCache } from './answer-cache.ts';
import { createAnswerIdentity } from './answer-identity.ts';
import { asksOut, type Catalog, compileCatalog, type Known, openCatalog } from './catalog.ts';
import { insideOf } from './inside.ts';
import { openPolicyStack, type PolicyStack, type PolicyStackPorts } from './policy-stack.ts';
import { openServices, type Services, type ServicesPorts } from './services.ts';
import { type Missing, withoutUnserved } from './unserved.ts';

/** What a revision is made of. */
export interface Served {
  readonly mesh: Mesh;
  /** `service=target`, of our own services. */
  readonly endpoints: readonly string[];
  /** What our own services hold and could not load. */
  readonly unserved: readonly Missing[];
  /** Whether all of it is to be served, or none. */
  readonly isStrict: boolean;
  /** What of the environment it needs beside that of this process, by name; none unless given. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What outlives one. */
export type RevisionPorts = PolicyStackPorts & ServicesPorts & { readonly answerCache: AnswerCache };

export interface Revision {
  readonly served: Served;
  /** What of it the services have loaded. */
  readonly mesh: Mesh;
  /** By service: what its processes run. */
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly services: Services;
  readonly catalog: Catalog;
  /** What stands before the catalog for callers from outside. */
  readonly policyStack: PolicyStack;
  /** Releases what only this revision used. */
  close(): void;
}

/** `before` is the catalog of the revision before. Throws when policies cannot be put into force, and a strict one when any part of it cannot be served. */
export async function openRevision(served: Served, ports: RevisionPorts, before?: Known): Promise<Revision> {
  const { endpoints } = served;
  const mesh = withoutUnserved(served.mesh, served.unserved);
  const services = openServices(mesh, served.mesh, endpoints, ports);
  try {
    const [catalog] = await Promise.all([
      openCatalog({ ...served, mesh, whole: served.mesh }, services, before),
      services.asked,
    ]);
    const fingerprints = fingerprintsOf(served.mesh);
    const policyStack = policyStackOf({ served, mesh, catalog, fingerprints }, ports);
    return { served, mesh, fingerprints, services, catalog, policyStack, close: () => services.close() };
  } catch (error) {
    services.close();
    throw error;
  }
}

/**
 * Answers the same revision with other aliases: over the same services and connections, with all that is known of them. Throws FAILED_PRECONDITION where an
 * alias is moved to a version that is not served, or a pipeline that is served would not fit what it asks.
 */
export function steerRevision(current: Revision, steering: Steering, ports: RevisionPorts): Revision {
  const { services, fingerprints, catalog: before } = current;
  const served = { ...current.served, mesh: { ...current.served.mesh, ...steering } };
  const mesh = { ...current.mesh, ...steering };
  const problem = steeringProblem(current.mesh, steering);
  if (problem) throw new InferError('FAILED_PRECONDITION', problem);
  const parts = { served, mesh, fingerprints, services, close: () => services.close() };
  const kept = before.steer(steering.aliases);
  if (kept) {
    services.share();
    return { ...parts, catalog: kept, policyStack: current.policyStack.steer(kept) };
  }
  const catalog = compileCatalog({ mesh, whole: served.mesh, isStrict: false }, services, before.told, before);
  const lostParts = catalog.out.filter((part) => !before.out.some((one) => isSame(one, part)));
  const lost = lostParts.find(({ why }) => why !== asksOut) ?? lostParts[0];
  if (lost) throw new InferError('FAILED_PRECONDITION', `aliases: pipeline ${lost.name} would be out: ${lost.why}`);
  const policyStack = policyStackOf({ served, mesh, catalog, fingerprints }, ports);
  services.share();
  return { ...parts, catalog, policyStack };
}

function policyStackOf(
  { served, mesh, catalog, fingerprints }: Pick<Revision, 'served' | 'mesh' | 'catalog' | 'fingerprints'>,
  ports: RevisionPorts,
): PolicyStack {
  const cache = ports.answerCache.layer(mesh, createAnswerIdentity(mesh, catalog, fingerprints));
  return openPolicyStack(catalog, mesh.policies, insideOf(catalog, served.mesh), cache, ports);
}

const isSame = (one: OutPart, other: OutPart): boolean => one.name === other.name && one.version === other.version;

/** Of our own services; those that go on as they were have what they had `before`. */
export function fingerprintsOf(
  mesh: Mesh,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const own = mesh.services.filter(({ endpoint }) => !endpoint);
  return new Map(
    own.map((service) => {
      const known = isKept(mesh, service) ? before.get(service.name) : undefined;
      return [service.name, known ?? fingerprint(mesh, service)] as const;
    }),
  );
}
