import { isRole, matchesPattern, type Principal, type Role } from '@sheaf/inference';
import type { JwtIssuer } from './credentials.ts';
import { isName, mixedDuty, nameCharsMax } from './grant.ts';
import { credentialInvalid } from './refusals.ts';

/** The payload of a verified token: its issuer is who it says, what it says may still be nonsense. */
export type TokenPayload = Readonly<Record<string, unknown>>;

/** The principal that a verified token makes. Claims of a wrong type are refused: left out, they could open what they should close. */
export function tokenPrincipal(issuer: JwtIssuer, payload: TokenPayload): Principal {
  const roles = tokenRoles(issuer, payload);
  const mixed = mixedDuty(roles);
  if (mixed) {
    throw credentialInvalid(
      `the token has the roles ${mixed} and infer: management and inference want different credentials`,
    );
  }
  return {
    // Issuer and subject, since each issuer names subjects as it likes. An issuer has no fragment, so nothing is told twice.
    id: `jwt:${issuer.issuer}#${name(payload, 'sub')}`,
    tenant: tokenTenant(issuer, payload),
    roles,
    models: 'claim' in issuer.models ? names(payload, issuer.models.claim) : issuer.models.fixed,
    priority: issuer.priority ?? 'standard',
    claims: tokenClaims(issuer.claims, payload),
  };
}

/** Whoever can have a token of one issuer signed is not to be a tenant of another. */
function tokenTenant({ tenant, tenants }: JwtIssuer, payload: TokenPayload): string {
  if ('fixed' in tenant) return tenant.fixed;
  const named = name(payload, tenant.claim);
  if (tenants === undefined || tenants.some((pattern) => matchesPattern(pattern, named))) return named;
  throw credentialInvalid(`the token's claim ${tenant.claim}: want a tenant that tokens of its issuer may name`);
}

function tokenRoles({ roles }: JwtIssuer, payload: TokenPayload): readonly Role[] {
  // Issuers have roles for other services too.
  return 'claim' in roles ? [...new Set(names(payload, roles.claim).filter(isRole))] : roles.fixed;
}

/**
 * The claim of that name, or the one that dots lead to, as in `realm_access.roles`; names may have dots themselves. Only what the token itself holds:
 * nothing that objects have by nature, such as `constructor`.
 */
function own(payload: TokenPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  for (let dot = claim.indexOf('.'); dot > 0; dot = claim.indexOf('.', dot + 1)) {
    const outer = claim.slice(0, dot);
    const inner = Object.hasOwn(payload, outer) ? payload[outer] : undefined;
    if (inner === undefined || inner === null) continue;
    if (typeof inner !== 'object' || Array.isArray(inner)) throw claimInvalid(outer, 'an object');
    const found = own(inner as TokenPayload, claim.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function name(payload: TokenPayload, claim: string): string {
  const value = own(payload, claim);
  if (isName(value)) return value;
  throw claimInvalid(claim, `a text of 1 to ${nameCharsMax} printable characters`);
}

/** A list, or a text with spaces as OAuth writes scopes; none when the token says nothing. */
function names(payload: TokenPayload, claim: string): readonly string[] {
  const value = own(payload, claim) ?? [];
  const list: unknown = typeof value === 'string' ? value.split(' ').filter((part) => part !== '') : value;
  if (Array.isArray(list) && list.every(isName)) return list;
  throw claimInvalid(claim, 'a list of texts, or a text with spaces');
}

function tokenClaims(wanted: readonly string[], payload: TokenPayload): Principal['claims'] {
  // Without a prototype: a claim called __proto__ is one like any other, and an absent `constructor` is absent.
  const claims: Record<string, string | number | boolean> = Object.create(null);
  for (const claim of wanted) {
    const value = own(payload, claim);
    if (value === undefined || value === null) continue;
    if (!isScalar(value))
      throw claimInvalid(claim, `a text of at most ${nameCharsMax} characters, a number or a boolean`);
    claims[claim] = value;
  }
  return claims;
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value)) ||
  (typeof value === 'string' && value.length <= nameCharsMax);

/** `claim` is of our configuration, never of the token. */
const claimInvalid = (claim: string, expected: string) =>
  credentialInvalid(`the token's claim ${claim}: want ${expected}`);
