import {
  boolean,
  choice,
  either,
  integer,
  list,
  mapped,
  optional,
  type Problems,
  type Reader,
  record,
  required,
  text,
} from '@sheaf/document';
import { type CertificateRule, type Grant, type IdentitySpec, type JwtIssuer, keyDaysMax } from '@sheaf/identity';
import { priorities, type Role, roles } from '@sheaf/inference';
import { someRanges, throttle } from './access-language.ts';
import type { OpenMethods } from './spec.ts';

/** What a tenant is called, wherever one is named. */
export const tenantName = {
  expected: 'a tenant of letters, digits, ".", "_", "-", "@", at most 128',
  pattern: /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/,
} as const;
export const tenant = text(tenantName.expected, tenantName.pattern);
export const pattern = text('a name, * for any characters', /^[A-Za-z0-9._*-]{1,128}$/);
export const patterns = list(pattern, 'a list of names, * for any characters', 64);
const claim = text('the name of a claim, or a path such as realm_access.roles', /^[\x21-\x7e]{1,128}$/);

const roleList: Reader<readonly Role[]> = mapped(
  list(choice(roles), `a list of ${roles.join(', ')}`, roles.length),
  (read, path, problems) =>
    read.includes('admin') && read.includes('infer')
      ? problems.add(path, 'want infer or admin, got both: who may change the mesh does not also ask it')
      : read,
);

export const grantFields = {
  tenant: required(tenant, 'Whom limits count it for.'),
  roles: optional(roleList, 'What it may do. Default [infer].'),
  models: optional(patterns, 'The models and pipelines that are there for it; * is any characters. Default all.'),
  priority: optional(choice(priorities), 'The most important that its calls may be. Default standard.'),
};

const addresses = optional(someRanges, 'Where it counts from. Default everywhere.');
const everything: readonly string[] = ['*'];
const grantOf = (read: {
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

/** Either a value for all tokens, or `{ claim: name }`. */
const fixedOrClaim = <T>(fixed: Reader<T>): Reader<{ readonly claim: string } | { readonly fixed: T }> =>
  mapped(
    either<{ claim: string }, T>(
      (value) => typeof value === 'object' && !Array.isArray(value),
      record({ claim: required(claim, 'The claim that says it; dots lead into objects, as in realm_access.roles.') }),
      fixed,
    ),
    (read) =>
      typeof read === 'object' && read !== null && 'claim' in read ? (read as { claim: string }) : { fixed: read as T },
  );

/** Asymmetric ones only: whoever can check a token must not be able to make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

export const issuerFields = {
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
    mapped(list(choice(algorithms), `a list of ${algorithms.join(', ')}`, algorithms.length), (read, path, problems) =>
      read.length > 0 ? read : problems.add(path, 'want at least one'),
    ),
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
  claims: optional(list(claim, 'a list of claims', 32), 'Claims that routes and rules may read.'),
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

export const certificateFields = {
  subject: required(
    text('a common name, or a kind and a name such as DNS:*.example, * for any characters', /^[\x20-\x7e]{1,256}$/),
    'Matches the common name; with a kind before it, names of that kind only: `DNS:`, `URI:`, `email:`, `IP Address:`, `CN:`.',
  ),
  ...grantFields,
  addresses,
};

const certificate: Reader<CertificateRule> = mapped(
  record(certificateFields),
  (read): CertificateRule => ({ subject: read.subject, ...grantOf(read) }),
);

const open: readonly OpenMethods[] = ['health', 'reflection'];

export const keysFields = {
  daysMax: required(
    integer(1, keyDaysMax),
    'The most days that a key counts from when it, or its newest secret, was made. Keys without an end, or with a later one, are not made any more; those that are there end then.',
  ),
};

export const identityFields = {
  keys: optional(
    either((value) => typeof value === 'boolean', boolean, record(keysFields)),
    'API keys made with `sheaf keys create` count, or `{ daysMax: 90 }`: they count, and end. Default true.',
  ),
  jwt: optional(list(issuer, 'a list of issuers', 16), 'Issuers of tokens (JWT).'),
  tokenBytesMax: optional(
    integer(1024, 49_152),
    'A longer token is refused unread. Default 16384; the limit metadataBytesMax in mesh.yaml has to leave room for it.',
  ),
  certificates: optional(
    list(certificate, 'a list of certificates', 64),
    'Client certificates that the clientCa of the gateway has signed; the first that matches counts.',
  ),
  anonymous: optional(
    record({ ...grantFields, addresses }),
    'Whoever shows nothing. Default: nobody comes in without a credential.',
  ),
  throttle: optional(
    throttle,
    'Whoever shows bad credentials again and again is not looked at for a while. false: however often. Default true.',
  ),
  open: optional(
    list(choice(open), `a list of ${open.join(', ')}`, open.length),
    'What anybody may call without a credential; whatever they show, they see no model there.',
  ),
};

export const identity: Reader<{ readonly identity: IdentitySpec; readonly open: readonly OpenMethods[] }> = mapped(
  record(identityFields),
  (
    { keys = true, jwt = [], tokenBytesMax, certificates = [], anonymous, throttle: throttled, open: opened = [] },
    path,
    problems: Problems,
  ) => {
    const again = jwt.findIndex(({ issuer: own }, index) => jwt.findIndex((other) => other.issuer === own) !== index);
    if (again >= 0) return problems.add([...path, 'jwt', again, 'issuer'], 'another entry has this issuer already');
    return {
      identity: {
        keys: keys !== false,
        keyDaysMax: typeof keys === 'object' ? keys.daysMax : undefined,
        jwt,
        tokenBytesMax,
        certificates,
        anonymous: anonymous && grantOf(anonymous),
        throttle: throttled,
      },
      open: opened,
    };
  },
);
