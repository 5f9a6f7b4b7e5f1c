import type { RemoteOptions, Transport } from '@sheaf/transport';

/** A service, as far as the way to it goes. */
export interface OutboundService {
  /** As errors and spans name it. */
  readonly name: string;
  /** A gRPC target of a server that is not ours to start; undefined: it is one of ours. */
  readonly endpoint: string | undefined;
  readonly transport: Transport;
  /** What somebody else's server is sent beside each request. */
  readonly sent?: Pick<RemoteOptions, 'metadata' | 'token' | 'authority' | 'forward'> | undefined;
}

/** Which policies stand on the way to a service, and how strict they are. */
export interface OutboundPolicies {
  readonly breaker: boolean;
  readonly retry: boolean;
  readonly ejection: boolean;
  readonly earlyRefusal: boolean;
  readonly quarantine: boolean;
  readonly throttle: boolean;
  /** An answer that took longer counts against a breaker. Milliseconds; undefined: what is learned decides. */
  readonly slowMs?: number | undefined;
}
