/** Whom the gateway counts for what calls do to services: here, and nowhere else, is said who one caller is. */
import { isLoopback, networkOf, type Principal, type TrustedCaller, trustedCaller } from '@sheaf/inference';

type Known = Pick<Principal, 'id' | 'tenant'>;

interface Called {
  readonly principal: Known | TrustedCaller;
  readonly address?: string;
}

/** Where nobody was asked who they are, all are one. */
const nobody: Known = { id: 'anonymous', tenant: 'anonymous' };

/** Whoever shows nothing, and whoever is at this machine. */
const shared = ['anonymous', 'local'];

/** Whom what is there for all is shared out among. */
export const tenantOf = ({ principal }: Called): string => (principal === trustedCaller ? nobody : principal).tenant;

/**
 * Who is to blame for a call, and meets what follows. Those who have shown nothing are told apart by their address; undefined where that would be many, as
 * those on loopback, for whom a proxy of this machine may speak.
 */
export function callerOf({ principal, address }: Called): string | undefined {
  const { id } = principal === trustedCaller ? nobody : principal;
  if (isOne(id)) return id;
  return id === nobody.id && address && !isLoopback(address) ? `${nobody.id}@${networkOf(address)}` : undefined;
}

/** Whether the id of a principal, or '', names one caller. */
export const isOne = (id: string): boolean => id !== '' && !shared.includes(id);
