export { createAdmission, methodRoles, type Shown } from './admission.ts';
export { type CompiledLimits, compileLimits } from './compiled-limit.ts';
export type { Plans } from './limit-cost.ts';
export {
  checkRoutes,
  type PoliciesSpec,
  parsePolicies,
  policiesSchema,
  policyLayers,
  shownTarget,
} from './policies.ts';
export { type BucketStanding, type LimitStanding, RecentBuckets } from './recent-buckets.ts';
export { Redaction, redactError } from './redact.ts';
export { policiesExample, policiesPage, policySnippets } from './reference-page.ts';
export { createRoutes, type Route } from './routes.ts';
export { createSight, type Inside, type Sight } from './sight.ts';
export type {
  AccessLogSpec,
  AddressRules,
  LimitSpec,
  OpenMethods,
  RouteSpec,
  RouteTarget,
} from './spec.ts';
export { createStrays, type Strays } from './strays.ts';
export { tellOnlySeen } from './tell-seen.ts';
export { noSuchModel } from './visibility.ts';
