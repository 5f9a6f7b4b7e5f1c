import { type CallContext, InferError } from '@sheaf/inference';
import { limits } from '../spec.ts';

/** Metadata of a call: so many members at least have to be in every ensemble. */
const key = 'x-ensemble-min-members';

export function membersDemanded({ metadata }: CallContext): number {
  const text = metadata?.(key);
  if (text === undefined) return 1;
  const wanted = /^[1-9][0-9]?$/.test(text) ? Number(text) : Number.NaN;
  if (wanted <= limits.membersMax) return wanted;
  const field = `metadata "${key}"`;
  const description = `want an integer from 1 to ${limits.membersMax}, got "${text.slice(0, 40)}"`;
  throw new InferError('INVALID_ARGUMENT', `${field}: ${description}`, {
    reason: 'METADATA_INVALID',
    violations: [{ field, description }],
  });
}
