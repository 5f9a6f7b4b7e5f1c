/** The part of policies.yaml that says who may call: what the providers of identity say of themselves, and the methods that want nobody. */
import { choice, list, mapped, optional, type Reader, record } from '@sheaf/document';
import { type IdentitySpec, identityFields as providerFields, readIdentity } from '@sheaf/identity';
import type { OpenMethods } from './spec.ts';

const open: readonly OpenMethods[] = ['health', 'reflection'];

export const identityFields = {
  ...providerFields,
  open: optional(
    list(choice(open), `a list of ${open.join(', ')}`, open.length),
    'What anybody may call without a credential; whatever they show, they see no model there.',
  ),
};

export const identity: Reader<{ readonly identity: IdentitySpec; readonly open: readonly OpenMethods[] }> = mapped(
  record(identityFields),
  ({ open: opened = [], ...values }, path, problems) => {
    const read = readIdentity(values, path, problems);
    return read && { identity: read, open: opened };
  },
);
