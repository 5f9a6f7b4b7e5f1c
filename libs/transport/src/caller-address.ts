import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';

/** What an IPv4 address looks like on a socket that takes both families. */
const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** Where a caller's connection comes from, an IPv4 address always as one; '' where it has no address, as a Unix socket, or is over. */
export function addressOf(session: ServerHttp2Session, _headers: IncomingHttpHeaders): string {
  const address = session.socket?.remoteAddress ?? '';
  return mapped.exec(address)?.[1] ?? address;
}
