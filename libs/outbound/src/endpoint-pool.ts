import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { innerLimits, type Limits } from '@sheaf/inference';
import { isProxied } from '@sheaf/transport';
import { Endpoint, type EndpointOptions } from './endpoint.ts';
import type { OutboundService } from './outbound-service.ts';

/** How often a name is asked for its addresses. */
const resolveIntervalMs = 5_000;

/** The addresses of a host. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface PoolOptions extends EndpointOptions {
  readonly resolve?: Resolve;
  /** Default 5,000. */
  readonly intervalMs?: number;
}

const byDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The endpoints of a service: those of its targets that are addresses, and one for each address that a `dns:///host:port` has now. Addresses come and
 * go; a call is finished by the endpoint that it is on.
 */
export class EndpointPool {
  readonly service: OutboundService;
  /** Resolves when names were resolved for the first time. */
  readonly resolved: Promise<void>;
  /** Resolves when each endpoint has said whether it is ready, or has not in time. */
  readonly asked: Promise<unknown>;
  endpoints: readonly Endpoint[] = [];
  readonly #limits: Limits;
  readonly #options: EndpointOptions;
  readonly #resolve: Resolve;
  readonly #timer: NodeJS.Timeout | undefined;
  /** What each target led to when it was resolved last. */
  readonly #addresses: Map<string, readonly string[]>;
  #closed = false;
  #updating = false;

  constructor(targets: readonly string[], service: OutboundService, limits: Limits, options: PoolOptions = {}) {
    this.service = service;
    this.#limits = innerLimits(limits);
    this.#options = options;
    this.#resolve = options.resolve ?? byDns;
    this.#addresses = new Map(targets.map((target) => [target, this.#isResolved(target) ? [] : [target]]));
    this.resolved = this.#update();
    this.asked = this.resolved.then(() => Promise.all(this.endpoints.map(({ asked }) => asked)));
    if (targets.some((target) => this.#isResolved(target)))
      this.#timer = setInterval(() => void this.#update(), options.intervalMs ?? resolveIntervalMs).unref();
  }

  /** Those that may be asked. */
  get inRotation(): readonly Endpoint[] {
    return this.endpoints.some(({ holdsOther }) => holdsOther)
      ? this.endpoints.filter(({ holdsOther }) => !holdsOther)
      : this.endpoints;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const endpoint of this.endpoints) endpoint.close();
  }

  async #update(): Promise<void> {
    if (this.#updating) return;
    this.#updating = true;
    await Promise.all([...this.#addresses.keys()].map((target) => this.#resolveTarget(target)));
    this.#updating = false;
    if (this.#closed) return;
    const now = new Map(
      [...this.#addresses].flatMap(([target, addresses]) => addresses.map((address) => [address, target] as const)),
    );
    const known = new Map(this.endpoints.map((endpoint) => [endpoint.target, endpoint]));
    this.endpoints = [...now].map(([address, target]) => known.get(address) ?? this.#open(address, target));
    for (const [target, endpoint] of known) if (!now.has(target)) endpoint.retire();
  }

  /** A certificate, and a server or proxy that serves several names, go by the host that is asked for, not by the address that it has at the moment. */
  #open(address: string, target: string): Endpoint {
    const { tls, secret, onOverrun, onKept, content, propagation } = this.#options;
    const named = hostOf(target);
    const proxied = this.#isProxied(target);
    const authority = this.service.sent?.authority ?? (named && !tls ? `${named.host}:${named.port}` : undefined);
    const serverName = this.service.sent?.authority?.replace(/:\d+$/, '') ?? tls?.serverName ?? named?.host;
    return new Endpoint(address, this.service, this.#limits, {
      tls: tls && { ...tls, serverName },
      secret,
      authority,
      onOverrun,
      onKept,
      content,
      proxied,
      propagation,
    });
  }

  /** Somebody else's server, where the environment says so of the name that the mesh has for it. */
  #isProxied(target: string): boolean {
    return this.service.endpoint !== undefined && isProxied(target);
  }

  /** A proxy may know names that this machine does not. */
  #isResolved(target: string): boolean {
    return hostOf(target) !== undefined && !this.#isProxied(target);
  }

  /** A name that cannot be resolved keeps the addresses that it had. */
  async #resolveTarget(target: string): Promise<void> {
    const named = this.#isResolved(target) ? hostOf(target) : undefined;
    const found = named && (await this.#resolve(named.host).catch(() => []));
    if (!found || found.length === 0) return;
    const withPort = found.map((address) => `${isIP(address) === 6 ? `[${address}]` : address}:${named.port}`);
    this.#addresses.set(target, withPort);
  }
}

/** The host and port of a target that is a name; undefined for an address, and for what only gRPC knows (unix:, xds:). */
function hostOf(target: string): { readonly host: string; readonly port: string } | undefined {
  const [, host, port] = /^(?:dns:(?:\/\/\/)?)?([A-Za-z0-9._-]+):(\d+)$/.exec(target) ?? [];
  return host && port && !isIP(host) ? { host, port } : undefined;
}
