import { X509Certificate } from 'node:crypto';
import {
  choice,
  either,
  fieldsTable,
  integer,
  list,
  mapped,
  nonEmpty,
  optional,
  type Reader,
  record,
  required,
  text,
} from '@sheaf/document';
import { priorities } from '@sheaf/inference';
import type { JwtIssuer } from '../credentials.ts';
import { addresses, claimName, everything, patterns, roleList, tenant } from '../grant-language.ts';
import { createTokenCheck, tokenBytesDefault } from '../token-check.ts';
import { issuersProblems } from '../token-issuer-problems.ts';
import type { IdentityProvider } from './provider.ts';

export interface TokensSpec {
  readonly jwt: readonly JwtIssuer[];
  /** A longer token is refused unread. Default 16,384. */
  readonly tokenBytesMax?: number | undefined;
}

/** Either a value for all tokens, or `{ claim: name }`. */
const fixedOrClaim = <T>(fixed: Reader<T>): Reader<{ readonly claim: string } | { readonly fixed: T }> =>
  mapped(
    either<{ claim: string }, T>(
      (value) => typeof value === 'object' && !Array.isArray(value),
      record({
        claim: required(claimName, 'The claim that says it; dots lead into objects, as in realm_access.roles.'),
      }),
      fixed,
    ),
    (read) =>
      typeof read === 'object' && read !== null && 'claim' in read ? (read as { claim: string }) : { fixed: read as T },
  );

/** Asymmetric ones only: whoever can check a token must not be able to make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const issuerFields = {
  issuer: required(text('the iss of its tokens'), 'Tokens with this `iss` are its.'),
  audience: required(text('the aud of its tokens'), 'Their `aud` must name it.'),
  jwks: required(
    text(
      'a file such as ./keys.json, or an https URL',
      /^(\.\/[\x21-\x7e]+|https:\/\/[\x21-\x7e]+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(\/[\x21-\x7e]*)?)$/,
    ),
    'Where its public keys are: a file of the folder, or a URL (https; http on loopback only).',
  ),
  ca: optional(
    text('a file in PEM of the folder, such as ./issuer-ca.pem', /^\.\/[\x21-\x7e]+$/),
    'Who vouches for the server of that URL; it is read again with each fetch. Default: the authorities that everybody trusts.',
  ),
  algorithms: required(
    nonEmpty(list(choice(algorithms), `a list of ${algorithms.join(', ')}`, algorithms.length), 'want at least one'),
    'Signatures that count.',
  ),
  tenant: required(fixedOrClaim(tenant), 'A tenant, or the claim that names it.'),
  tenants: optional(
    list(text('a tenant, * for any characters', /^[\x20-\x7e]{1,128}$/), 'a list of tenants, * for any characters', 64),
    'The tenants that the claim may name; * is any characters. Must be said where there are several issuers; default all.',
  ),
  roles: optional(fixedOrClaim(roleList), 'Roles, or the claim with them. Default [infer].'),
  models: optional(fixedOrClaim(patterns), 'Models and pipelines, or the claim with them. Default all.'),
  priority: optional(choice(priorities), 'The most important that their calls may be. Default standard.'),
  claims: optional(list(claimName, 'a list of claims', 32), 'Claims that routes and rules may read.'),
  addresses,
};

const issuer: Reader<JwtIssuer> = mapped(
  record(issuerFields),
  (read): JwtIssuer => ({
    ...read,
    roles: read.roles ?? { fixed: ['infer'] },
    models: read.models ?? { fixed: everything },
    priority: read.priority ?? 'standard',
    claims: read.claims ?? [],
  }),
);

const fields = {
  jwt: optional(list(issuer, 'a list of issuers', 16), 'Issuers of tokens (JWT).'),
  tokenBytesMax: optional(
    integer(1024, 49_152),
    'A longer token is refused unread. Default 16384; the limit metadataBytesMax in mesh.yaml has to leave room for it.',
  ),
};

function whyNoAuthority(pem: Buffer, name: string | undefined): string | undefined {
  try {
    return new X509Certificate(pem) && undefined;
  } catch {
    return `want a certificate in PEM; "${name}" holds none`;
  }
}

export const tokens: IdentityProvider<TokensSpec, typeof fields> = {
  fields,
  read({ jwt = [], tokenBytesMax }, path, problems) {
    const again = jwt.findIndex(({ issuer: own }, index) => jwt.findIndex((other) => other.issuer === own) !== index);
    if (again >= 0) return problems.add([...path, 'jwt', again, 'issuer'], 'another entry has this issuer already');
    return { jwt, tokenBytesMax };
  },
  problems: ({ jwt }) => issuersProblems(jwt),
  placed: ({ jwt, ...others }, at) => ({
    ...others,
    jwt: jwt.map((issuer, index) => ({
      ...issuer,
      jwks: issuer.jwks.startsWith('./') ? at(['jwt', index, 'jwks'], issuer.jwks) : issuer.jwks,
      ca: issuer.ca && at(['jwt', index, 'ca'], issuer.ca, (content) => whyNoAuthority(content, issuer.ca)),
    })),
  }),
  reference: [
    '### jwt',
    fieldsTable(issuerFields),
    'Where a claim says the roles or models, it is a list or a text with spaces; a token without it has none. One issuer may name any tenant, also one that API keys are of, unless `tenants` says which; of several, each has to say so, since its tokens could otherwise be of a tenant of another. A token that names another one is refused. Every token has an `exp` and a `sub`; clocks may differ by 60 s.',
  ],
  wanted: 'authorization: Bearer',
  isGuessed: true,
  open({ jwt, tokenBytesMax = tokenBytesDefault }, { now, keySources }) {
    const check = createTokenCheck(jwt, { now, keySources, tokenBytesMax });
    return ({ bearer, address }, checkNew) => (bearer === undefined ? undefined : check(bearer, address, checkNew));
  },
};
