import { isIPv4, isIPv6 } from 'node:net';

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
