/** Where a call comes from. */
import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';
import { networkOf } from '@sheaf/inference';

/** An IPv4 address that a socket of both kinds tells, such as `::ffff:192.0.2.1`. */
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address as it is told and counted: IPv4 in the four numbers, without what an IPv6 one has of this machine's interfaces (`%eth0`). */
export const plainAddress = (address: string): string => address.replace(/%.*$/, '').replace(mapped, '$1');

/** What is known of where a connection comes from. */
export interface Origin {
  /** Of whoever is connected, or whom a trusted proxy has named for the whole connection. */
  readonly address: string;
  /** Of a trusted proxy: whom its calls come from, as their metadata says; undefined where that cannot be told. */
  readonly forwardedFor?: ((headers: IncomingHttpHeaders) => string | undefined) | undefined;
}

const origins = new WeakMap<ServerHttp2Session, Origin>();
/** By the headers of a call: they lose what callers may not say, and what a proxy said with it. */
const forwarded = new WeakMap<IncomingHttpHeaders, string>();

export const rememberOrigin = (session: ServerHttp2Session, origin: Origin): void => void origins.set(session, origin);

/**
 * The caller's address, IPv4 in four numbers. Behind a proxy that the server trusts, the one that it names; of everybody else, whoever is connected. Empty
 * where the connection was over before anybody asked.
 */
export function addressOf(session: ServerHttp2Session, headers: IncomingHttpHeaders): string {
  const { address, forwardedFor } = originOf(session);
  if (!forwardedFor) return address;
  const known = forwarded.get(headers);
  if (known !== undefined) return known;
  const named = forwardedFor(headers) ?? address;
  forwarded.set(headers, named);
  return named;
}

/** Whom a call is counted as, where each may have some of what there is. Undefined: a trusted proxy that does not say whom it asks for. */
export function callerBlock(session: ServerHttp2Session, headers: IncomingHttpHeaders): string | undefined {
  const { address, forwardedFor } = originOf(session);
  const caller = addressOf(session, headers);
  return forwardedFor && caller === address ? undefined : networkOf(caller);
}

function originOf(session: ServerHttp2Session): Origin {
  const known = origins.get(session);
  if (known) return known;
  // A session that is over has no socket.
  const origin = { address: plainAddress(session.socket?.remoteAddress ?? '') };
  origins.set(session, origin);
  return origin;
}
