export { createAdmission, methodRoles, type Shown } from './admission.ts';
export { type CompiledLimits, compileLimits } from './compiled-limit.ts';
export type { Plans } from './limit-cost.ts';
export { enforceLimits } from './limits.ts';
export { checkRoutes, parsePolicies, policiesSchema, shownTarget } from './policies.ts';
export { setPriority } from './priority.ts';
export { type BucketStanding, type LimitStanding, RecentBuckets } from './recent-buckets.ts';
export { Redaction, redactError } from './redact.ts';
export { policiesExample, policiesPage, policySnippets } from './reference-page.ts';
export { createRoutes, followRoutes, type Route } from './routes.ts';
export { createSight, type Inside, type Sight } from './sight.ts';
export type {
  AccessLogSpec,
  AddressRules,
  LimitSpec,
  OpenMethods,
  PoliciesSpec,
  RouteSpec,
  RouteTarget,
} from './spec.ts';
export { createStrays, type Strays } from './strays.ts';
export { tellOnlySeen } from './tell-seen.ts';
export { hideUnseen, noSuchModel } from './visibility.ts';
