/** Whom the gateway counts for what calls do to services: here, and nowhere else, is said who one caller is. */
import type { CallContext, Principal } from '@sheaf/inference';

type Called = Pick<CallContext, 'principal'>;

/** Where nobody was asked who they are, all are one. */
const nobody: Pick<Principal, 'id' | 'tenant'> = { id: 'anonymous', tenant: 'anonymous' };

/** Whom what is there for all is shared out among. */
export const tenantOf = ({ principal = nobody as Principal }: Called): string => principal.tenant;

/** Who is to blame for a call, and meets what follows. */
export const callerOf = ({ principal = nobody as Principal }: Called): string => principal.id;
