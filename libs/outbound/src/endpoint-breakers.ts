import type { BreakerRegistry } from './breaker-registry.ts';
import type { Observe, OutboundCall, UpstreamEndpoint } from './call.ts';
import type { CallerBreaker, FairBreaker } from './fair-breaker.ts';
import { enterTraced } from './traced-breaker.ts';

/** The breakers of one service: one for each endpoint and model version. */
export interface EndpointBreakers {
  /** What the caller of this call meets at that endpoint. */
  getOrCreate(endpoint: UpstreamEndpoint, call: OutboundCall): CallerBreaker;
  /** Whether the call may go there. An endpoint that is not well by its own word is not the one to try whether it is well again. */
  lets(endpoint: UpstreamEndpoint, call: OutboundCall): boolean;
  readonly observe: Observe;
}

export function createEndpointBreakers(service: string, registry: BreakerRegistry): EndpointBreakers {
  /** By model and version. The registry knows them by name, which is longer to look up. */
  const known = new WeakMap<UpstreamEndpoint, Map<string, FairBreaker>>();
  const getOrCreate = (
    endpoint: UpstreamEndpoint,
    { kind: { model, version }, tenant }: OutboundCall,
  ): CallerBreaker => {
    const own = known.get(endpoint) ?? new Map<string, FairBreaker>();
    known.set(endpoint, own);
    const key = `${model}/${version}`;
    const breaker = own.get(key) ?? registry.getOrCreate({ service, endpoint: endpoint.target, model, version });
    own.set(key, breaker);
    return breaker.getOrCreate(tenant);
  };
  return {
    getOrCreate,
    lets: (endpoint, call) => {
      const breaker = getOrCreate(endpoint, call);
      return breaker.letsThrough && (breaker.state !== 'open' || endpoint.isReady);
    },
    observe: ({ call, endpoint }) => {
      const breaker = getOrCreate(endpoint, call);
      const pass = enterTraced(breaker, { ...call.kind, endpoint: endpoint.target }, call.context);
      const isTrial = breaker.state === 'half-open';
      return ({ error, outcome }) => {
        // A trial that did not get there, say on a connection that is not up again yet, has found nothing out.
        pass?.end(isTrial && error?.progress === 'not-begun' ? 'ignored' : outcome);
      };
    },
  };
}
