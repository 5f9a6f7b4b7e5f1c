/** What there is to say of a policy. */
import type { Fields, ValuesOf } from '@sheaf/document';
import type { Layer } from '@sheaf/inference';
import type { Limiter } from '@sheaf/limiter';
import type { CompiledLimits } from '../compiled-limit.ts';
import type { Plans } from '../limit-cost.ts';
import type { RecentBuckets } from '../recent-buckets.ts';
import type { Route } from '../routes.ts';
import type { RouteTarget } from '../spec.ts';
import type { Strays } from '../strays.ts';

/** What the policies of one revision share. */
export interface PolicyContext {
  readonly routes: ReadonlyMap<string, Route>;
  /** Whether the mesh can answer what a route leads to. */
  readonly isReady: (target: RouteTarget) => boolean;
  readonly limits: CompiledLimits;
  readonly limiter: Limiter;
  readonly plans: Plans;
  readonly recent: RecentBuckets;
  readonly strays: Strays;
}

/**
 * All that there is to say of one. `Spec` is its part of `PoliciesSpec`. To add one: a file with a value of this type, and an entry in `index.ts`; what is left
 * out does not compile.
 */
export interface Policy<Spec extends object = object, F extends Fields = Fields> {
  /** Its keys of policies.yaml; none where it holds whatever the file says. */
  readonly fields: F;
  /** Makes its part of the spec of what the keys hold. */
  read(values: ValuesOf<F>): Spec;
  /** Its sections of the reference page. */
  readonly reference: readonly string[];
  /** Whole files, by what they show, that the sections quote: the test of the page parses them. */
  readonly examples: Readonly<Record<string, string>>;
  /** What stands between a caller and the models. Left out where the server asks, as for identity, or the gateway, as for what it writes down. */
  layer?(spec: Spec, context: PolicyContext): Layer;
}
