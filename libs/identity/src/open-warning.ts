import { isLoopback } from '@sheaf/inference';
import type { IdentitySpec } from './identity-spec.ts';

/** The warning to print at start when strangers may call; undefined when they may not, or cannot reach the server. */
export function loudlyOpen({ anonymous }: IdentitySpec, host: string): string | undefined {
  if (anonymous === undefined || isLoopback(host)) return undefined;
  const { tenant, roles, models } = anonymous;
  return (
    `WARNING: anyone who reaches ${host === '' ? 'this machine' : host} may call without a credential, as tenant ${tenant}, ` +
    `with the roles ${roles.join(', ') || 'none'}, on the models ${models.join(', ') || 'none'}`
  );
}
