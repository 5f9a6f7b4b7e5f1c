import { type CallContext, invalidMetadata } from '@sheaf/inference';
import { limits } from '../language/spec.ts';

/** Metadata of a call: so many members at least have to be in every ensemble. */
const key = 'x-ensemble-min-members';

export function requiredMembers({ metadata }: CallContext): number {
  const text = metadata?.(key);
  if (text === undefined) return 1;
  const wanted = /^[1-9][0-9]?$/.test(text) ? Number(text) : Number.NaN;
  if (wanted <= limits.membersMax) return wanted;
  throw invalidMetadata(
    `metadata "${key}"`,
    `want an integer from 1 to ${limits.membersMax}, got "${text.slice(0, 40)}"`,
  );
}
