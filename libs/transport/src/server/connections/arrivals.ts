/** The connections of a server from the moment they are accepted: who they come from, how long they may be silent, and who goes when there are too many. */
import type { Socket } from 'node:net';
import { createAddressSet, log, monotonicClock, networkOf } from '@sheaf/inference';
import { HandshakeLog } from '../../tls/handshake-log.ts';
import { Connection, type ConnectionTimes } from './connection.ts';
import { connectionLimits } from './connection-limits.ts';
import { ConnectionRegistry } from './connection-registry.ts';
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

export interface Arrivals {
  /** Looks after a connection that has just been accepted, until it is over. */
  accept(socket: Socket): void;
  readonly registry: ConnectionRegistry;
}

export interface ArrivalsOptions {
  /** Of the server, in the log. */
  readonly name: string;
  readonly policy: ConnectionPolicy;
  readonly times: ConnectionTimes;
  /** Told of each connection that may come in: what it says next is TLS, or HTTP/2. */
  readonly pass: (connection: Connection) => void;
}

export function createArrivals({ name, policy, times, pass }: ArrivalsOptions): Arrivals {
  const { connectionsMax = connectionLimits.connectionsMax, trustedProxies = [], proxyProtocol } = policy;
  const isTrusted = createAddressSet(trustedProxies);
  const forwardedFor = readForwarded(policy.forwardedHeader ?? 'x-forwarded-for', isTrusted);
  const registry = new ConnectionRegistry(connectionsMax, tellFull(name, connectionsMax));
  const log = new HandshakeLog();
  const accept = (socket: Socket): void => {
    const connection = new Connection(socket, registry, times);
    const block = (): string | undefined => (isTrusted(connection.address) ? undefined : networkOf(connection.address));
    const enter = (): void => {
      if (isTrusted(connection.address)) connection.forwardedFor = forwardedFor;
      pass(connection);
    };
    const turnAway = (why: string): void => {
      const { address } = connection;
      // One that has left already has no address.
      if (address) log.tell(address, `${name}: a connection of ${address} was closed: ${why}`);
      socket.destroy();
    };
    // Before anybody is closed for it.
    if (proxyProtocol && !isTrusted(connection.address)) {
      turnAway('the server takes connections of trusted proxies only (gateway.trustedProxies in mesh.yaml)');
      return;
    }
    if (!registry.enter(connection, proxyProtocol ? undefined : block())) {
      socket.destroy();
      return;
    }
    socket.once('close', () => registry.leave(connection));
    if (!proxyProtocol) {
      enter();
      return;
    }
    socket.on('error', ignoreError);
    takeProxyHeader(socket, proxyProtocol, (header) => {
      if (header.kind === 'wrong') {
        turnAway(header.why);
        return;
      }
      socket.off('error', ignoreError);
      connection.address = header.address ?? connection.address;
      if (registry.place(connection, block())) enter();
      else socket.destroy();
    });
  };
  return { accept, registry };
}

const ignoreError = (): void => {};

/** The log says at once that the server is full, and then once a minute at most. */
const tellFullMs = 60_000;

function tellFull(name: string, max: number): (isNew: boolean) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let [old, refused] = [0, 0];
  return (isNew) => {
    if (isNew) refused++;
    else old++;
    const now = monotonicClock.now();
    if (now - toldAt < tellFullMs) return;
    log(
      'connections.full',
      `${name}: ${max} connections may be open, half of them of one address (gateway.connectionsMax in mesh.yaml): to let others in, ${old} were closed; ${refused} were turned away`,
      { server: name, max, closed: old, refused },
    );
    toldAt = now;
    [old, refused] = [0, 0];
  };
}
