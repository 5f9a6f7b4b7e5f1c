export type { BreakerState } from './breaker.ts';
export {
  type BreakerName,
  BreakerRegistry,
  type BreakerRegistryOptions,
  type BreakerReport,
  logTransition,
} from './breaker-registry.ts';
export { EndpointPool } from './endpoint-pool.ts';
export type { Outage } from './outages.ts';
export type { OutboundPolicies, OutboundService } from './outbound-service.ts';
export type { Quarantine } from './quarantine/quarantine.ts';
export { noEndpoint } from './refusals.ts';
export { createResilienceState, type ResilienceState } from './resilience-state.ts';
export { createUpstream } from './upstream.ts';
