/** The connections of a server from the moment they are accepted: who they come from, how long they may be silent, and who goes when there are too many. */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { createAddressSet, monotonicClock, networkOf } from '@sheaf/inference';
import { HandshakeLog } from '../../tls/handshake-log.ts';
import { http2ServersOf } from '../http2-servers.ts';
import { plainAddress, rememberOrigin } from './caller-address.ts';
import { connectionLimits, IdleWatch } from './connection-ledger.ts';
import { ConnectionRegistry, type Member } from './connection-registry.ts';
import { type ProxyProtocol, takeProxyHeader } from './proxy-protocol.ts';
import { type ForwardedHeader, readForwarded } from './trusted-proxies.ts';

/** What a server has to do with whoever connects to it. */
export interface ConnectionPolicy {
  /** Open at once, half of them of one address; one that comes when there are as many closes one of the address that has most of them, or is closed. Default `connectionLimits.connectionsMax`. */
  readonly connectionsMax?: number | undefined;
  /** From then on a connection gets no new calls, and once those that came have had their time to arrive and the longest deadline, it is cut. Give or take a tenth; 0 is for ever, and the default. */
  readonly connectionAgeMaxMs?: number | undefined;
  /** Addresses and CIDR ranges of proxies that are believed about whom they speak for. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** In which header they say so of a call. Default `x-forwarded-for`. */
  readonly forwardedHeader?: ForwardedHeader | undefined;
  /** Each connection has to begin with a header of the PROXY protocol, and to come from a trusted proxy. Default: none does. */
  readonly proxyProtocol?: ProxyProtocol | undefined;
}

/** One connection, whatever has become of it so far. */
export class Arrival implements Member {
  readonly socket: Socket;
  /** Until it has a call. */
  readonly idle = new IdleWatch(monotonicClock.now());
  address: string;
  session: ServerHttp2Session | undefined;
  #overSince: number | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? '');
  }

  judge(now: number): void {
    if (this.session?.destroyed) {
      // What was said last has left by now; a peer that does not close its side keeps no file of ours open.
      this.#overSince ??= now;
      if (now - this.#overSince >= connectionLimits.lingerMaxMs) this.socket.destroy();
    } else if (this.idle.isOver(now)) this.close();
  }

  /** With a GOAWAY, where there is somebody to hear it. */
  close(): void {
    if (this.session) this.session.close();
    else this.socket.destroy();
  }

  /** At once. */
  cut(): void {
    if (this.session) this.session.destroy(null as unknown as Error, constants.NGHTTP2_NO_ERROR);
    else this.socket.destroy();
  }
}

const arrivalKey = Symbol('arrival');
type Known = Partial<Record<typeof arrivalKey, Arrival>>;

/** The arrival of a session that has just come: TLS stands between it and the socket that was accepted. */
export function arrivalOf(session: ServerHttp2Session): Arrival | undefined {
  const socket = session.socket as (Known & { readonly _parent?: Known }) | undefined;
  return socket?.[arrivalKey] ?? socket?._parent?.[arrivalKey];
}

/** Whom a socket comes from, also when it is closed; `socket` may be that of TLS. */
export function addressOfSocket(socket: Socket): string | undefined {
  const { [arrivalKey]: own, _parent } = socket as Known & { readonly _parent?: Known };
  return (own ?? _parent?.[arrivalKey])?.address || socket.remoteAddress;
}

/** Once the server listens: stands before HTTP/2 and TLS. `name` is the server's, in the log. */
export function guardArrivals(server: grpc.Server, name: string, options: ConnectionPolicy): ConnectionRegistry {
  const { connectionsMax = connectionLimits.connectionsMax, trustedProxies = [], proxyProtocol } = options;
  const isTrusted = createAddressSet(trustedProxies);
  const forwardedFor = readForwarded(options.forwardedHeader ?? 'x-forwarded-for', isTrusted);
  const registry = new ConnectionRegistry(connectionsMax, tellFull(name, connectionsMax));
  const log = new HandshakeLog();
  for (const http2Server of http2ServersOf(server)) {
    const listeners = http2Server.listeners('connection');
    http2Server.removeAllListeners('connection');
    http2Server.on('connection', (socket: Socket & Known) => {
      const arrival = new Arrival(socket);
      const block = (): string | undefined => (isTrusted(arrival.address) ? undefined : networkOf(arrival.address));
      const turnAway = (why: string): void => {
        // One that has left already has no address.
        if (arrival.address)
          log.tell(arrival.address, `${name}: a connection of ${arrival.address} was closed: ${why}`);
        socket.destroy();
      };
      // Before anybody is closed for it.
      if (proxyProtocol && !isTrusted(arrival.address))
        return turnAway('the server takes connections of trusted proxies only (gateway.trustedProxies in mesh.yaml)');
      if (!registry.enter(arrival, proxyProtocol ? undefined : block())) return socket.destroy();
      socket[arrivalKey] = arrival;
      socket.once('close', () => registry.leave(arrival));
      const pass = (): void => {
        for (const listener of listeners) Reflect.apply(listener, http2Server, [socket]);
      };
      if (!proxyProtocol) return pass();
      socket.on('error', ignoreError);
      takeProxyHeader(socket, proxyProtocol, (header) => {
        if (header.kind === 'wrong') return turnAway(header.why);
        socket.off('error', ignoreError);
        arrival.address = header.address ?? arrival.address;
        if (registry.place(arrival, block())) pass();
        else socket.destroy();
      });
    });
    http2Server.on('session', (session: ServerHttp2Session) => {
      const arrival = arrivalOf(session);
      if (!arrival) return;
      arrival.session = session;
      session.once('remoteSettings', () => arrival.idle.greet(monotonicClock.now()));
      const { address } = arrival;
      rememberOrigin(session, { address, forwardedFor: isTrusted(address) ? forwardedFor : undefined });
    });
  }
  return registry;
}

const ignoreError = (): void => {};

/** StatusHints at once, and then once a minute at most. */
const tellFullMs = 60_000;

function tellFull(name: string, max: number): (isNew: boolean) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let [old, refused] = [0, 0];
  return (isNew) => {
    if (isNew) refused++;
    else old++;
    const now = monotonicClock.now();
    if (now - toldAt < tellFullMs) return;
    console.error(
      `${name}: ${max} connections may be open, half of them of one address (gateway.connectionsMax in mesh.yaml): to let others in, ${old} were closed; ${refused} were turned away`,
    );
    toldAt = now;
    [old, refused] = [0, 0];
  };
}
