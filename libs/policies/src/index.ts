export { checkRoutes, parsePolicies, policiesSchema, shownTarget } from './policies.ts';
export {
  type LimitSpec,
  noPolicies,
  type OpenMethods,
  type PoliciesSpec,
  type RouteSpec,
  type RouteTarget,
} from './spec.ts';
