import { isIP, isIPv4, isIPv6 } from 'node:net';
import { createAddressSet } from './addresses.ts';

/** Bits of an IPv6 address that name a network: whoever has one address there has all 2^64. */
const groupsOfNetwork = 4;

/**
 * What stands for a caller where callers are counted by address: an IPv4 address as it is, an IPv6 address by its /64, such as `2001:db8:0:1::/64`, and
 * `unknown` for none.
 */
export function networkOf(address: string | undefined): string {
  if (!address) return 'unknown';
  if (!address.includes(':') || !isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::') as [string, string | undefined];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end, as in 64:ff9b::192.0.2.1, stands for two groups.
  const rightGroups = right.length + (right.at(-1)?.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - left.length - rightGroups;
  const groups = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...right].slice(
    0,
    groupsOfNetwork,
  );
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** Whether only this machine can reach, or be reached by, that host name or address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const mapped = bare.replace(/^::ffff:/, '');
  return bare === 'localhost' || bare === '::1' || (isIPv4(mapped) && mapped.startsWith('127.'));
}

/** Addresses of one machine, of one network, of tests, of groups and of nobody (RFC 6890), and those that hold one of IPv4 (NAT64, 6to4). Mapped ones count as IPv4. */
const notPublic = createAddressSet([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/3', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'],
  ...['2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
]);

/**
 * Whether an address is anybody's on the Internet, and not one inside a network or machine. For whoever asks what a stranger has named: a name may lead to
 * addresses that only we can reach. False for what is no address.
 */
export const isPublicAddress = (address: string): boolean => isIP(address) !== 0 && !notPublic(address);
