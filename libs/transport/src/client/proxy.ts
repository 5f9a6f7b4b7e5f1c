/** Whether a call to somebody else's server goes through an HTTP proxy; grpc-js then asks it by CONNECT. */
import { BlockList, isIP } from 'node:net';

/** Of a channel. Without it grpc-js goes by the environment, also to its own machine. */
export const proxyOption = (proxied: boolean) => ({ 'grpc.enable_http_proxy': proxied ? 1 : 0 });

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * As the variables say that gRPC reads: the first of `grpc_proxy`, `https_proxy`, `http_proxy` that is set, but not for what the first of
 * `no_grpc_proxy`, `no_proxy` names: hosts, domains (`.example.org` and `example.org` are one), addresses, CIDR ranges, or `*`, between commas.
 */
export function isProxied(target: string, environment: Environment = process.env): boolean {
  const { grpc_proxy, https_proxy, http_proxy, no_grpc_proxy, no_proxy } = environment;
  if (!(grpc_proxy || https_proxy || http_proxy)) return false;
  const host = hostIn(target).toLowerCase();
  const exceptions = (no_grpc_proxy || no_proxy || '').split(',').map((entry) => entry.trim().toLowerCase());
  return !exceptions.some((entry) => entry !== '' && isNamedBy(entry, host));
}

function isNamedBy(entry: string, host: string): boolean {
  if (entry === '*') return true;
  const [address = '', bits] = entry.split('/');
  if (bits !== undefined) return isWithin(host, address, Number(bits));
  const name = entry.replace(/^\*?\./, '').replace(/^\[(.*)\]$/, '$1');
  return host === name || (!isIP(host) && host.endsWith(`.${name}`));
}

function isWithin(host: string, network: string, bits: number): boolean {
  const kind = isIP(network);
  if (kind === 0 || kind !== isIP(host) || !Number.isInteger(bits) || bits < 0 || bits > (kind === 4 ? 32 : 128))
    return false;
  const range = new BlockList();
  range.addSubnet(network, bits, kind === 4 ? 'ipv4' : 'ipv6');
  return range.check(host, kind === 4 ? 'ipv4' : 'ipv6');
}

/** `127.0.0.1:8001`, `[::1]:8001` and `triton:8001`, also with the scheme of a target, such as `dns:///triton:8001`. */
export const hostIn = (target: string): string =>
  target
    .replace(/^(?:dns|ipv4|ipv6):/, '')
    .replace(/^(?:\/\/[^/]*)?\//, '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
