/** What a caller from outside meets before the models and pipelines: the policies of one revision. */
import { type Authenticate, createAuthenticate, type FailureBook, type KeySources } from '@sheaf/identity';
import {
  asInferError,
  type Infer,
  type Layer,
  type ModelDescription,
  maySee,
  type Principal,
  stack,
  type TrustedCaller,
} from '@sheaf/inference';
import type { Limiter } from '@sheaf/limiter';
import {
  compileLimits,
  createAdmission,
  createRoutes,
  createSight,
  createStrays,
  type Inside,
  type LimitStanding,
  noSuchModel,
  type PoliciesSpec,
  policyLayers,
  RecentBuckets,
  Redaction,
  type RouteTarget,
  redactError,
  type Shown,
  type Sight,
  type Strays,
} from '@sheaf/policies';
import type { ApiKey } from '@sheaf/store';
import type { Catalog } from './catalog.ts';

export interface PolicyStack {
  readonly admit: (shown: Shown) => Principal | Promise<Principal>;
  readonly infer: Infer;
  /** The same for calls that are submitted: they are queued where others are answered. */
  readonly submit: Infer;
  readonly names: () => readonly string[];
  readonly describe: (name: string, version: string, principal: Principal | TrustedCaller) => ModelDescription;
  readonly isReady: (name: string, version: string, principal: Principal | TrustedCaller) => boolean;
  /** For messages that the server cannot read. */
  readonly strays: Strays;
  /** What a principal may be told by name; undefined: all of it. */
  readonly sightOf: (principal: Principal | TrustedCaller) => Sight | undefined;
  /** How the buckets stand that were used lately. */
  readonly limits: () => Promise<readonly LimitStanding[]>;
  /** The same, with all that it has seen, before a catalog that differs in its aliases alone. */
  readonly steer: (catalog: Catalog) => PolicyStack;
}

/** What outlives a revision. */
export interface PolicyStackPorts {
  /** The API keys as they are now, by id. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Told of each call that comes in with one. */
  readonly onKeyUse: (id: string, at: number) => void;
  /** Of issuers of tokens. */
  readonly keySources: KeySources;
  /** Who failed to authenticate lately. */
  readonly failures: FailureBook;
  readonly limiter: Limiter;
  /** The part of every limit that this gateway counts: 1, or less where several count each for themselves. */
  readonly share: number;
  /** Gives calls that name no version the one that a rollout has for them. */
  readonly traffic: (catalog: Catalog) => Layer;
  /** Queues what is asked of the catalog. */
  readonly queue: (catalog: Catalog) => Infer;
}

/** Who calls where no policies are written: somebody at this machine. */
const local: Principal = {
  id: 'local',
  tenant: 'local',
  roles: ['infer', 'observe', 'admin'],
  models: ['*'],
  priority: 'critical',
  claims: {},
};

/** Throws INVALID_ARGUMENT for policies that cannot be put into force. */
export function openPolicyStack(
  catalog: Catalog,
  policies: PoliciesSpec | undefined,
  inside: Inside,
  cache: Layer,
  ports: PolicyStackPorts,
): PolicyStack {
  const sightOf = createSight(inside);
  const routes = createRoutes(policies?.routes ?? []);
  const limits = compileLimits(policies?.limits ?? [], ports.share);
  const recent = new RecentBuckets();
  const strays = createStrays(limits, ports.limiter, { recent });
  const layers = policyLayers(policies, {
    routes,
    isReady: ({ model, version }) => catalog.isReady(model, version),
    limits,
    limiter: ports.limiter,
    plans: catalog,
    recent,
    strays,
  });
  // Behind the limits: what a version costs more than another is not the caller's doing, and copies are nobody's calls. What is kept is that of one version.
  const infer = stack([...layers, ports.traffic(catalog), cache], catalog.infer);
  /** Where a name leads that has no conditions to look at. */
  const targetOf = (model: string, version: string): RouteTarget =>
    (version === '' && routes.get(model)?.spec.split[0]?.to) || { model, version };
  const kept = {
    admit: policies ? createAdmission(authenticateBy(policies, ports), policies.open, policies.addresses) : () => local,
    infer,
    submit: stack([...layers, ports.traffic(catalog)], ports.queue(catalog)),
    strays,
    sightOf,
    limits: () => recent.standings(limits, ports.limiter),
  };
  const before = (current: Catalog): PolicyStack => ({
    ...kept,
    names: () => [...new Set([...current.names(), ...routes.keys()])],
    describe: (name, version, principal) => {
      if (!maySee(principal, name)) throw noSuchModel(name);
      const target = targetOf(name, version);
      try {
        return { ...current.describe(target.model, target.version), name };
      } catch (error) {
        const sight = sightOf(principal);
        // It names where the route leads.
        throw sight ? redactError(asInferError(error), new Redaction(sight), { model: name, version }) : error;
      }
    },
    isReady: (name, version, principal) => {
      const target = targetOf(name, version);
      return maySee(principal, name) && current.isReady(target.model, target.version);
    },
    steer: before,
  });
  return before(catalog);
}

function authenticateBy(
  { identity }: PoliciesSpec,
  { keys, onKeyUse, keySources, failures }: PolicyStackPorts,
): Authenticate {
  return createAuthenticate(identity, { keys, onKeyUse, keySources, failures, now: Date.now });
}
