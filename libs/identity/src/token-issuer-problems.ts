/** What may be wrong with the issuers of tokens. */
import type { JwtIssuer } from './credentials.ts';
import { isName, modelsProblem, rolesProblem } from './grant.ts';
import { jwksProblem } from './key-source.ts';
import { addProblem as add, type IdentityProblem } from './providers/provider.ts';

/** Signatures that a public key verifies: with a symmetric one, whoever can check tokens could make them. */
export const tokenAlgorithms: readonly string[] = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
];

export function issuersProblems(jwt: readonly JwtIssuer[]): readonly IdentityProblem[] {
  const problems = jwt.flatMap((issuer, i) => issuerProblems(issuer, `jwt[${i}]`));
  const twice = jwt.findIndex(({ issuer }, i) => jwt.findIndex((other) => other.issuer === issuer) !== i);
  if (twice >= 0) problems.push({ path: `jwt[${twice}].issuer`, message: 'want each issuer once' });
  else if (jwt.length > 1) problems.push(...jwt.flatMap((issuer, i) => sharedIssuerProblems(issuer, `jwt[${i}]`)));
  return problems;
}

/** One issuer alone is trusted with every tenant; of several, none is trusted with those of another. */
function sharedIssuerProblems({ tenant, tenants }: JwtIssuer, path: string): IdentityProblem[] {
  if ('fixed' in tenant || tenants !== undefined) return [];
  const message = `want the patterns of the tenants that the claim ${tenant.claim} may name, since there are several issuers; [*] for any`;
  return [{ path: `${path}.tenants`, message }];
}

function issuerProblems(spec: JwtIssuer, path: string): IdentityProblem[] {
  const { issuer, audience, jwks, ca, algorithms, tenant, tenants, roles, models } = spec;
  const problems: IdentityProblem[] = [];
  // A `#` ends the issuer in the id of a principal.
  if (!isName(issuer) || issuer.includes('#')) add(problems, `${path}.issuer`, 'want a name or a URL without #');
  if (!isName(audience)) add(problems, `${path}.audience`, 'want a name: tokens for others must not count here');
  add(problems, `${path}.jwks`, jwksProblem(jwks));
  if (ca !== undefined && !jwks.startsWith('https:'))
    add(problems, `${path}.ca`, 'want it where jwks is an https URL, since it vouches for the server there');
  if (algorithms.length === 0 || !algorithms.every((algorithm) => tokenAlgorithms.includes(algorithm))) {
    add(problems, `${path}.algorithms`, `want some of ${tokenAlgorithms.join(', ')}`);
  }
  if ('fixed' in tenant && !isName(tenant.fixed)) add(problems, `${path}.tenant`, 'want a name');
  if (tenants !== undefined && 'fixed' in tenant)
    add(problems, `${path}.tenants`, 'want it only where a claim names the tenant');
  if (tenants !== undefined && !(tenants.length > 0 && tenants.every(isName)))
    add(problems, `${path}.tenants`, 'want patterns of tenants, at least one');
  if ('fixed' in roles) add(problems, path, rolesProblem(roles.fixed));
  if ('fixed' in models) add(problems, path, modelsProblem(models.fixed));
  return problems;
}
