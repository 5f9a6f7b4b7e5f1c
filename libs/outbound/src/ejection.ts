import { Ejector, type ObservedCall, type Standing } from '@sheaf/routing';
import type { AttemptEnd, Observe, OutboundCall, UpstreamEndpoint } from './call.ts';

/** Endpoints of one service that are much worse than their siblings are left out for a while; what is learned ends with the revision. */
export interface Ejection {
  /** How each of them stands now. */
  standings(endpoints: readonly UpstreamEndpoint[]): ReadonlyMap<UpstreamEndpoint, Standing>;
  /** How many of them are left out now. */
  countOut(endpoints: readonly UpstreamEndpoint[]): number;
  readonly observe: Observe;
}

/** `now` in milliseconds on a monotonic clock. `onEject` is told of each endpoint that is left out. */
export function createEjection(now: () => number, onEject?: (endpoint: UpstreamEndpoint) => void): Ejection {
  const ejector = new Ejector<UpstreamEndpoint>(now, onEject);
  return {
    standings: (endpoints) => ejector.standings(endpoints),
    countOut: (endpoints) => endpoints.filter((endpoint) => ejector.isOut(endpoint)).length,
    observe: ({ call, endpoint, isProbe }) => {
      if (isProbe) ejector.probe(endpoint);
      return (end) => ejector.record(endpoint, endedCall(call, end), isProbe);
    },
  };
}

const endedCall = ({ kind }: OutboundCall, { outcome, tookMs }: AttemptEnd): ObservedCall | undefined =>
  outcome === 'ignored' ? undefined : { isGood: outcome !== 'failure', kind: kind.key, tookMs };
