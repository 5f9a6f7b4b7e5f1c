import { isIPv4 } from 'node:net';

/** Whether only this machine can reach, or be reached by, that host name or address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const mapped = bare.replace(/^::ffff:/, '');
  return bare === 'localhost' || bare === '::1' || (isIPv4(mapped) && mapped.startsWith('127.'));
}
