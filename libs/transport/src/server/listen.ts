/** Where a server listens, and why it cannot. */
import { isIPv6 } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { InferError } from '@sheaf/inference';

/** As gRPC and URLs write it: an IPv6 address stands in brackets. */
export const hostPort = (host: string, port: number | string): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

export interface ListenOptions {
  /** Of the server, in the error. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Answers the port. */
export function listen(
  server: grpc.Server,
  { name, host, port }: ListenOptions,
  credentials: grpc.ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(hostPort(host, port), credentials, (error, bound) => {
      if (!error) resolve(bound);
      else {
        const message = `${name}: cannot listen on ${hostPort(host, port)}${whyNot(error.message, host)}`;
        reject(new InferError('FAILED_PRECONDITION', message, { cause: error }));
      }
    });
  });
}

/** grpc-js tells the errors of the system only in a text, which may hold one for each address of a name. */
export function whyNot(told: string, host: string): string {
  if (told.includes('Name resolution failed') || told.includes('ENOTFOUND'))
    return `: the name ${host} leads to no address; want a name or an address of this machine`;
  const code = /\b(E[A-Z]{3,})\b/.exec(told)?.[1] ?? '';
  const why = reasons[code]?.(host);
  return why ?? (code && `: the system says ${code}`);
}

const reasons: Readonly<Record<string, (host: string) => string>> = {
  EADDRINUSE: () => '; is the port taken?',
  EADDRNOTAVAIL: (host) =>
    `: this machine has no address ${host}; want one of its own, or 0.0.0.0 or :: for all that it has`,
  EACCES: () => ': this user may not take the port; want one from 1024 on, or the right to take those below',
  EPERM: () => ': this user may not take the port; want one from 1024 on, or the right to take those below',
  EAFNOSUPPORT: (host) => `: this machine has no ${isIPv6(host) ? 'IPv6' : 'IPv4'}; want an address of its own`,
  EINVAL: (host) => `: ${host} is no address that can be listened on`,
  EMFILE: () => ': this process has too many files open; raise its limit (ulimit -n)',
};
