/** What a credential gives, as policies.yaml writes it. */
import { checked, choice, list, optional, type Reader, required, text } from '@sheaf/document';
import { priorities, type Role, roles } from '@sheaf/inference';
import { someRanges } from './address-language.ts';
import type { Grant } from './credentials.ts';
import { mixedDuty } from './grant.ts';

/** What a tenant is called, wherever one is named. */
export const tenantName = {
  expected: 'a tenant of letters, digits, ".", "_", "-", "@", at most 128',
  pattern: /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/,
} as const;
export const tenant = text(tenantName.expected, tenantName.pattern);
export const pattern = text('a name, * for any characters', /^[A-Za-z0-9._*-]{1,128}$/);
export const patterns = list(pattern, 'a list of names, * for any characters', 64);
export const claimName = text('the name of a claim, or a path such as realm_access.roles', /^[\x21-\x7e]{1,128}$/);

export const roleList: Reader<readonly Role[]> = checked(
  list(choice(roles), `a list of ${roles.join(', ')}`, roles.length),
  (read, path, problems) => {
    const mixed = mixedDuty(read);
    if (mixed) problems.add(path, `want infer or ${mixed}, got both: who may change the mesh does not also ask it`);
  },
  { not: { allOf: [{ contains: { enum: ['admin', 'publish', 'report'] } }, { contains: { const: 'infer' } }] } },
);

export const grantFields = {
  tenant: required(tenant, 'Whom limits count it for.'),
  roles: optional(roleList, 'What it may do. Default [infer].'),
  models: optional(patterns, 'The models and pipelines that are there for it; * is any characters. Default all.'),
  priority: optional(choice(priorities), 'The most important that its calls may be. Default standard.'),
};

export const addresses = optional(someRanges, 'Where it counts from. Default everywhere.');
export const everything: readonly string[] = ['*'];
export const grantOf = (read: {
  tenant: string;
  roles: readonly Role[] | undefined;
  models: readonly string[] | undefined;
  priority: Grant['priority'] | undefined;
  addresses: Grant['addresses'];
}): Grant => ({
  tenant: read.tenant,
  roles: read.roles ?? ['infer'],
  models: read.models ?? everything,
  priority: read.priority ?? 'standard',
  ...(read.addresses && { addresses: read.addresses }),
});
