/** Whom the gateway counts for what calls do to services: here, and nowhere else, is said who one caller is. */
import type { Principal } from '@sheaf/inference';

type Known = Pick<Principal, 'id' | 'tenant'>;

interface Called {
  readonly principal?: Known;
}

/** Where nobody was asked who they are, all are one. */
const nobody: Known = { id: 'anonymous', tenant: 'anonymous' };

/** Whoever shows nothing, and whoever is at this machine. */
const shared = ['anonymous', 'local'];

/** Whom what is there for all is shared out among. */
export const tenantOf = ({ principal = nobody }: Called): string => principal.tenant;

/**
 * Who is to blame for a call, and meets what follows; undefined where that would be many who have shown nothing: what tells them apart, such as an address,
 * belongs here.
 */
export const callerOf = ({ principal = nobody }: Called): string | undefined =>
  isOne(principal.id) ? principal.id : undefined;

/** Whether the id of a principal, or '', names one caller. */
export const isOne = (id: string): boolean => id !== '' && !shared.includes(id);
