/** Connects to a server of ours. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Secure } from '../tls/remote-tls.ts';

export interface Connecting {
  /** Rejects when it cannot be connected. */
  readonly socket: Promise<Duplex>;
  /** Gives it up. */
  abort(): void;
}

interface Address {
  /** Of the machine, or, of a socket in the file system, `localhost`. */
  readonly host: string;
  readonly options: { readonly host: string; readonly port: number } | { readonly path: string };
}

/** `127.0.0.1:8001`, `[::1]:8001`, `name:8001`, `unix:/run/sheaf.sock`, also with the scheme of a gRPC target. Throws on anything else. */
export function addressOf(target: string): Address {
  const path = /^unix:(?:\/\/)?(.+)$/.exec(target)?.[1];
  if (path !== undefined) return { host: 'localhost', options: { path } };
  const [, inBrackets, plain, port] =
    /^(?:(?:dns|ipv4|ipv6):)?(?:\/\/[^/]*\/)?(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(target) ?? [];
  const host = inBrackets ?? plain;
  if (host === undefined) throw new Error('want host:port, or unix:path');
  return { host, options: { host, port: Number(port) } };
}

export function openSocket(target: string, secure: Secure | undefined): Connecting {
  const { host, options } = addressOf(target);
  const plain = connect({ ...options, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  plain.once('error', reject);
  plain.once('close', () => reject(new Error('the connection was closed')));
  plain.once('connect', () => {
    if (!secure) resolve(plain);
    else
      secure(plain, host).then(resolve, (error) => {
        // It may have failed before there was anything that ends with it.
        plain.destroy();
        reject(error);
      });
  });
  return { socket: promise, abort: () => plain.destroy() };
}
