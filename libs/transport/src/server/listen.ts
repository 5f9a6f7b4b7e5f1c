/** Where a server listens, and why it cannot. */
import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, isIP, isIPv6, type Server, type Socket } from 'node:net';
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

export interface Listener {
  readonly port: number;
  /** Takes no new connections from now on; those that are open stay. */
  close(): void;
}

/** Listens on every address of the host; it is enough that one of them can be listened on. `accept` is told of each connection. */
export async function listen({ name, host, port }: ListenOptions, accept: (socket: Socket) => void): Promise<Listener> {
  const servers: Server[] = [];
  let failure: unknown;
  for (const address of await addressesOf(host).catch((error: unknown) => {
    failure = error;
    return [];
  }))
    try {
      // Those that follow take the port that the first has found.
      const free = servers[0] ? portOf(servers[0]) : port;
      servers.push(await listenOn(address, free, accept));
    } catch (error) {
      failure = error;
    }
  const [first] = servers;
  if (!first) {
    const code = (failure as NodeJS.ErrnoException | undefined)?.code ?? '';
    const message = `${name}: cannot listen on ${hostPort(host, port)}${whyNot(code, host)}`;
    throw new InferError('FAILED_PRECONDITION', message, { cause: failure });
  }
  return {
    port: portOf(first),
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host)) return [host];
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function listenOn(host: string, port: number, accept: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, accept);
    server.once('error', reject);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off('error', reject);
      // As when there are too many files open: the next connection may come in again.
      server.on('error', () => {});
      resolve(server);
    });
  });
}

/** What an error of the system means to whoever chose the address. */
export function whyNot(code: string, host: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `: the name ${host} leads to no address; want a name or an address of this machine`;
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
