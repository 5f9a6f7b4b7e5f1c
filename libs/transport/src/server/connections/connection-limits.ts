/** What a server bears of its connections, whoever is behind them. What one may cost of frames is for HTTP/2. */
export const connectionLimits = {
  /**
   * Connections at once, unless the server is told otherwise. Silent ones with TLS take about 64 KiB each, so all of them 256 MiB, and each a file
   * descriptor, of which Node takes as many as the system lets it.
   */
  connectionsMax: 4_096,
  /** Connections without a call that one address may keep, or one /64 of IPv6. */
  idleConnectionsMax: 1_024,
  /** From the first packet until all has been said that comes before a call: the PROXY header, TLS, the preface and SETTINGS of HTTP/2. */
  greetingMaxMs: 10_000,
  /** How long a connection may then do without a first call. */
  firstCallMaxMs: 30_000,
  /** How long a connection stays without a call, when it has had one. */
  idleMaxMs: 5 * 60_000,
  /** The same, when the request of its last one never came. */
  abandonedMaxMs: 1_000,
  /** A call that is answered may still send its request for so long; what it sends is dropped. */
  answeredMaxMs: 1_000,
  /** One that has reached its age takes calls for so long that were on their way. */
  lingerMaxMs: 1_000,
} as const;
