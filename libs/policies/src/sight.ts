/** What of a mesh's inside a principal may be told by name. */
import { maySee, type Principal, seesInside, type TrustedCaller, trustedCaller } from '@sheaf/inference';

/** The names of a mesh that answers may mention. */
export interface Inside {
  /** Models, pipelines and routes: what callers may see some of. */
  readonly names: ReadonlySet<string>;
  /** By transform, and by the file that it is in as pipelines write it: the pipelines that ask it. */
  readonly transforms: ReadonlyMap<string, readonly string[]>;
  /** By service: the models and transforms that it holds. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  /** By pipeline: what its file calls its stages, members, branches and rules. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Of one principal. */
export interface Sight {
  /** A model, pipeline, route, transform or service that is not there for it. */
  isHidden(name: string): boolean;
  /** What only pipelines that are not there for it call one of their parts. */
  isForeign(label: string): boolean;
}

/** Answers what a principal may be told; undefined where that is all of it. Worked out once for each principal. */
export function createSight({
  names,
  transforms,
  services,
  labels,
}: Inside): (principal: Principal | TrustedCaller) => Sight | undefined {
  const known = new WeakMap<Principal, { readonly sight: Sight | undefined }>();
  const sightOf = (principal: Principal): Sight | undefined => {
    const sees = (name: string): boolean => maySee(principal, name);
    const hidden = new Set([...names].filter((name) => !sees(name)));
    if (hidden.size === 0) return undefined;
    for (const [transform, pipelines] of transforms) if (!pipelines.some(sees)) hidden.add(transform);
    const isSeen = (name: string): boolean => (transforms.has(name) ? !hidden.has(name) : sees(name));
    for (const [service, held] of services)
      if (!isSeen(service) && held.length > 0 && !held.some(isSeen)) hidden.add(service);
    const [own, others] = [true, false].map(
      (own) => new Set([...labels].flatMap(([name, words]) => (sees(name) === own ? [...words] : []))),
    ) as [Set<string>, Set<string>];
    return { isHidden: (name) => hidden.has(name), isForeign: (label) => others.has(label) && !own.has(label) };
  };
  return (principal) => {
    if (principal === trustedCaller || seesInside(principal)) return undefined;
    const found = known.get(principal) ?? { sight: sightOf(principal) };
    known.set(principal, found);
    return found.sight;
  };
}
