/** The connections of a door from the moment they are accepted: who they come from, how long they may be silent, and who goes when there are too many. */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { createAddressSet, monotonicClock, networkOf } from '@sheaf/inference';
import { plainAddress, rememberOrigin } from './caller-address.ts';
import { connectionLimits, IdleWatch } from './connection-ledger.ts';
import { HandshakeLog } from './handshake-log.ts';
import { http2ServersOf } from './http2-servers.ts';
import { type ProxyProtocol, takeProxyHeader } from './proxy-protocol.ts';
import { type ForwardedHeader, readForwarded } from './trusted-proxies.ts';

/** What a door has to do with whoever connects to it. */
export interface DoorConnections {
  /** Open at once, half of them of one address; one that comes when there are as many closes the one that has been silent for longest, or is closed. Default `connectionLimits.connectionsMax`. */
  readonly connectionsMax?: number | undefined;
  /** From then on a connection gets no new calls, and once the longest deadline is over as well, it is cut. Give or take a tenth; 0 is for ever, and the default. */
  readonly connectionAgeMaxMs?: number | undefined;
  /** Addresses and CIDR ranges of proxies that are believed about whom they speak for. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** In which header they say so of a call. Default `x-forwarded-for`. */
  readonly forwardedHeader?: ForwardedHeader | undefined;
  /** Each connection has to begin with a header of the PROXY protocol, and to come from a trusted proxy. Default: none does. */
  readonly proxyProtocol?: ProxyProtocol | undefined;
}

/** One connection, whatever has become of it so far. */
export class Arrival {
  readonly socket: Socket;
  /** Until it has a call. */
  readonly idle = new IdleWatch(monotonicClock.now());
  address: string;
  /** Whom it is counted as; undefined of a proxy, behind which are many. */
  block: string | undefined;
  /** Whether there has been a call. */
  isKnown = false;
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

/** Those who have no call are silent: first those who never had one, each the longest-standing first. */
export class Crowd {
  readonly #max: number;
  readonly #open = new Set<Arrival>();
  readonly #strangers = new Set<Arrival>();
  readonly #silent = new Set<Arrival>();
  /** The silent ones of each block. */
  readonly #blocks = new Map<string, Set<Arrival>>();
  /** All of each block. */
  readonly #counts = new Map<string, number>();
  /** Told of each that is closed since there are too many. */
  readonly #onFull: (isNew: boolean) => void;

  constructor(max: number, onFull: (isNew: boolean) => void) {
    this.#max = max;
    this.#onFull = onFull;
  }

  /** Answers whether there is room, or was made. One block may have half of it; without a `block` there is nothing to count yet. */
  enter(arrival: Arrival, block?: string): boolean {
    if (!this.#hasShare(block)) return false;
    if (this.#open.size >= this.#max && !this.#makeRoom(this.#strangers.size > 0 ? this.#strangers : this.#silent))
      return false;
    this.#open.add(arrival);
    this.#put(arrival, block);
    return true;
  }

  /** Of one that has entered: it is one of this block. Answers as `enter`. */
  place(arrival: Arrival, block: string | undefined): boolean {
    if (!this.#hasShare(block)) return false;
    this.#put(arrival, block);
    return true;
  }

  #hasShare(block: string | undefined): boolean {
    if (block === undefined || (this.#counts.get(block) ?? 0) < this.#max / 2) return true;
    return this.#makeRoom(this.#blocks.get(block) ?? []);
  }

  #put(arrival: Arrival, block: string | undefined): void {
    if (block !== undefined) this.#counts.set(block, (this.#counts.get(block) ?? 0) + 1);
    arrival.block = block;
    this.stay(arrival);
  }

  #makeRoom([first]: Iterable<Arrival>): boolean {
    this.#onFull(!first);
    if (!first) return false;
    this.leave(first);
    first.cut();
    return true;
  }

  /** It has no call. */
  stay(arrival: Arrival): void {
    if (!this.#open.has(arrival)) return;
    (arrival.isKnown ? this.#silent : this.#strangers).add(arrival);
    if (arrival.block === undefined) return;
    const others = this.#blocks.get(arrival.block) ?? new Set();
    this.#blocks.set(arrival.block, others);
    others.add(arrival);
    if (others.size <= connectionLimits.idleConnectionsMax) return;
    const [first] = others;
    if (!first) return;
    this.work(first);
    // A caller that meant to use it is told so, and opens another.
    first.close();
  }

  /** It has a call, or is not to be counted as silent. */
  work(arrival: Arrival): void {
    this.#strangers.delete(arrival);
    this.#silent.delete(arrival);
    const others = arrival.block === undefined ? undefined : this.#blocks.get(arrival.block);
    others?.delete(arrival);
    if (others?.size === 0) this.#blocks.delete(arrival.block as string);
  }

  leave(arrival: Arrival): void {
    this.work(arrival);
    if (!this.#open.delete(arrival) || arrival.block === undefined) return;
    const others = (this.#counts.get(arrival.block) ?? 1) - 1;
    if (others > 0) this.#counts.set(arrival.block, others);
    else this.#counts.delete(arrival.block);
  }

  judge(now: number): void {
    for (const arrival of this.#open) arrival.judge(now);
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

/** Once the server listens: stands before HTTP/2 and TLS. `name` is the door's, in the log. */
export function guardArrivals(server: grpc.Server, name: string, options: DoorConnections): Crowd {
  const { connectionsMax = connectionLimits.connectionsMax, trustedProxies = [], proxyProtocol } = options;
  const isTrusted = createAddressSet(trustedProxies);
  const forwardedFor = readForwarded(options.forwardedHeader ?? 'x-forwarded-for', isTrusted);
  const crowd = new Crowd(connectionsMax, tellFull(name, connectionsMax));
  const log = new HandshakeLog();
  for (const http2Server of http2ServersOf(server)) {
    const listeners = http2Server.listeners('connection');
    http2Server.removeAllListeners('connection');
    http2Server.on('connection', (socket: Socket & Known) => {
      const arrival = new Arrival(socket);
      const block = (): string | undefined => (isTrusted(arrival.address) ? undefined : networkOf(arrival.address));
      if (!crowd.enter(arrival, proxyProtocol ? undefined : block())) return socket.destroy();
      socket[arrivalKey] = arrival;
      socket.once('close', () => crowd.leave(arrival));
      const pass = (): void => {
        for (const listener of listeners) Reflect.apply(listener, http2Server, [socket]);
      };
      if (!proxyProtocol) return pass();
      const turnAway = (why: string): void => {
        // One that has left already has no address.
        if (arrival.address)
          log.tell(arrival.address, `${name}: a connection of ${arrival.address} was closed: ${why}`);
        socket.destroy();
      };
      if (!isTrusted(arrival.address))
        return turnAway('the door takes connections of trusted proxies only (gateway.trustedProxies in mesh.yaml)');
      socket.on('error', ignoreError);
      takeProxyHeader(socket, proxyProtocol, (header) => {
        if (header.kind === 'wrong') return turnAway(header.why);
        socket.off('error', ignoreError);
        arrival.address = header.address ?? arrival.address;
        if (crowd.place(arrival, block())) pass();
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
  return crowd;
}

const ignoreError = (): void => {};

/** Told at once, and then once a minute at most. */
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
      `${name}: ${max} connections may be open, half of them of one address (gateway.connectionsMax in mesh.yaml): to let others in, ${old} without a call were closed; ${refused} were turned away`,
    );
    toldAt = now;
    [old, refused] = [0, 0];
  };
}
