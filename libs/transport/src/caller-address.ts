/** Where a call comes from. */
import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';

/** An IPv4 address that a socket of both kinds tells, such as `::ffff:192.0.2.1`. */
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address as it is told and counted: IPv4 in the four numbers, without what an IPv6 one has of this machine's interfaces (`%eth0`). */
export const plainAddress = (address: string): string => address.replace(/%.*$/, '').replace(mapped, '$1');

const addresses = new WeakMap<ServerHttp2Session, string>();

/** The caller's address; empty where the connection was over before anybody asked. */
export function addressOf(session: ServerHttp2Session, _headers: IncomingHttpHeaders): string {
  const known = addresses.get(session);
  if (known !== undefined) return known;
  // A session that is over has no socket.
  const address = plainAddress(session.socket?.remoteAddress ?? '');
  addresses.set(session, address);
  return address;
}
