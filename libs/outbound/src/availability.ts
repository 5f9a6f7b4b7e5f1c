import type { InferError, Span } from '@sheaf/inference';
import { traced } from '@sheaf/inference';
import type { OutboundCall, UpstreamEndpoint } from './call.ts';
import type { EndpointBreakers } from './endpoint-breakers.ts';
import type { KnownOutage, Outages } from './outages.ts';
import { circuitOpen, crashLoop, withAttempts } from './refusals.ts';

/** Which endpoints of one service may be asked at all: those that are in no crash loop, and whose breaker lets the call through. */
export interface Availability {
  lets(endpoint: UpstreamEndpoint, call: OutboundCall): boolean;
  /** What is known of its crash loop; undefined while it is in none. */
  outageOf(endpoint: UpstreamEndpoint): KnownOutage | undefined;
  /** Rejects with what a call is told that none of `endpoints` may be asked for: CRASH_LOOP where that is so of all, else CIRCUIT_OPEN. */
  refuse(call: OutboundCall, endpoints: readonly UpstreamEndpoint[]): Promise<never>;
}

export interface AvailabilityOptions {
  readonly service: string;
  readonly outages: Outages;
  /** Undefined where breakers are switched off. */
  readonly breakers: EndpointBreakers | undefined;
}

export function createAvailability({ service, outages, breakers }: AvailabilityOptions): Availability {
  const outageOf = ({ target }: UpstreamEndpoint): KnownOutage | undefined => outages.find(service, target);
  return {
    outageOf,
    lets: (endpoint, call) => !outageOf(endpoint) && (breakers?.lets(endpoint, call) ?? true),
    refuse: (call, endpoints) => {
      const { context, kind, history } = call;
      const { attempts } = history;
      const stopped = endpoints.flatMap((endpoint) => {
        const outage = outageOf(endpoint);
        return outage ? [{ endpoint: endpoint.target, ...outage }] : [];
      });
      const open = endpoints.flatMap((endpoint) => {
        const breaker = outageOf(endpoint) ? undefined : breakers?.getOrCreate(endpoint, call);
        return breaker ? [{ endpoint: endpoint.target, breaker }] : [];
      });
      const refused = { ...kind, service };
      const [first, ...others] = stopped;
      const error =
        first && open.length === 0
          ? crashLoop(refused, [first, ...others], context)
          : circuitOpen(refused, open, context);
      const attributes = { 'sheaf.breaker': 'open', 'sheaf.attempt': attempts + 1 };
      return refuseTry(call, service, withAttempts(error, attempts), attributes);
    },
  };
}

/** Rejects with `error`; in the trace it is a try that no endpoint was asked for. */
export const refuseTry = (
  { context }: OutboundCall,
  service: string,
  error: InferError,
  attributes: Span['attributes'],
): Promise<never> => traced(context, 'try', service, () => Promise.reject(error), attributes);
