import { isIPv4 } from 'node:net';
import type { IdentitySpec } from './credentials.ts';

/** Whether only this machine can reach, or be reached by, that host name or address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const mapped = bare.replace(/^::ffff:/, '');
  return bare === 'localhost' || bare === '::1' || (isIPv4(mapped) && mapped.startsWith('127.'));
}

/** What to print at start when strangers may call; undefined when they may not, or cannot reach the door. */
export function loudlyOpen({ anonymous }: IdentitySpec, host: string): string | undefined {
  if (anonymous === undefined || isLoopback(host)) return undefined;
  const { tenant, roles, models } = anonymous;
  return (
    `WARNING: anyone who reaches ${host === '' ? 'this machine' : host} may call without a credential, as tenant ${tenant}, ` +
    `with the roles ${roles.join(', ') || 'none'}, on the models ${models.join(', ') || 'none'}`
  );
}
