import { InferError, trustedCaller } from '@sheaf/inference';
import type { Asking } from '@sheaf/transport';

/** Who asks, as the audit trail names them. */
export const actorOf = (principal: Asking): string => (principal === trustedCaller ? 'nobody' : principal.id);

/** The most entries, or keys, of one answer. */
export const pageMax = 1_000;

/** 0 stands for the most. */
export function limitOf(limit: number): number {
  if (limit >= 0 && limit <= pageMax) return limit || pageMax;
  throw new InferError('INVALID_ARGUMENT', `limit: want 0 to ${pageMax}, got ${limit}`);
}
