import { optional, record } from '@sheaf/document';
import type { Principal } from '@sheaf/inference';
import { comesFrom } from '../addresses.ts';
import type { Grant } from '../credentials.ts';
import { grantProblem } from '../grant.ts';
import { addresses, grantFields, grantOf } from '../grant-language.ts';
import { addProblem, type IdentityProblem, type IdentityProvider } from './provider.ts';

export interface AnonymousSpec {
  /** Whoever shows nothing; undefined: nobody gets in without a credential. */
  readonly anonymous: Grant | undefined;
}

const fields = {
  anonymous: optional(
    record({ ...grantFields, addresses }),
    'Whoever shows nothing. Default: nobody comes in without a credential.',
  ),
};

export const anonymous: IdentityProvider<AnonymousSpec, typeof fields> = {
  fields,
  read: ({ anonymous: read }) => ({ anonymous: read && grantOf(read) }),
  problems({ anonymous: grant }) {
    const problems: IdentityProblem[] = [];
    if (grant === undefined) return problems;
    addProblem(problems, 'anonymous', grantProblem(grant));
    if (grant.roles.includes('admin'))
      addProblem(problems, 'anonymous.roles', 'want infer or observe: nobody unknown is an admin');
    if (grant.roles.includes('publish'))
      addProblem(problems, 'anonymous.roles', 'want infer or observe: nobody unknown brings versions');
    if (grant.roles.includes('report'))
      addProblem(problems, 'anonymous.roles', 'want infer or observe: nobody unknown reports what was seen');
    return problems;
  },
  reference: ['### anonymous', 'Whoever shows nothing is let in as this, by any address or by those of `addresses`.'],
  example: `
identity:
  keys: false
  anonymous: { tenant: everyone, models: [read-*], priority: sheddable }`,
  wanted: undefined,
  isGuessed: false,
  open({ anonymous: grant }) {
    if (grant === undefined) return () => undefined;
    const principal = anonymousPrincipal(grant);
    const checkAddress = comesFrom(grant.addresses, 'this server without a credential');
    return ({ address }) => {
      checkAddress(address);
      return principal;
    };
  },
};

const anonymousPrincipal = ({ tenant, roles, models, priority = 'standard' }: Grant): Principal => ({
  id: 'anonymous',
  tenant,
  roles,
  models,
  priority,
  claims: {},
});
