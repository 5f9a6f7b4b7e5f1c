/** Mistakes of the identity part of policies.yaml. */
import type { Mistake } from './mistake.ts';

const issuer = {
  issuer: 'https://id.example',
  audience: 'sheaf',
  jwks: 'https://id.example/keys',
  algorithms: ['ES256'],
  tenant: { claim: 'org' },
};
const jwt = (more: object) => ({ identity: { jwt: [{ ...issuer, ...more }] } });
const jwksExpected = 'identity.jwt.0.jwks: want a file such as ./keys.json, or an https URL';
const roleMix = 'want infer or admin, got both: who may change the mesh does not also ask it';
const algorithmExpected = 'want one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA';

export const identityMistakes: readonly Mistake[] = [
  [
    'a misspelt key of identity',
    { identity: { anonymus: {} } },
    [
      'identity.anonymus: unknown key; the keys are keys, jwt, tokenBytesMax, certificates, anonymous, throttle, open; did you mean anonymous?',
    ],
  ],
  [
    'an authority that is no file of the folder',
    jwt({ ca: '/etc/ssl/ca.pem' }),
    ['identity.jwt.0.ca: want a file in PEM of the folder, such as ./issuer-ca.pem, got "/etc/ssl/ca.pem"'],
  ],
  [
    'tokens longer than any header can be',
    { identity: { tokenBytesMax: 65_536 } },
    ['identity.tokenBytesMax: want an integer from 1024 to 49152, got 65536'],
  ],
  [
    'a throttle that lets nothing pass',
    { identity: { throttle: { address: 0 } } },
    ['identity.throttle.address: want an integer from 1 to 1000000, got 0'],
  ],
  [
    'keys that are a list',
    { identity: { keys: [] } },
    ['identity.keys: want true or false, or a mapping of daysMax, got []'],
  ],
  [
    'keys that end on the day of their making',
    { identity: { keys: { daysMax: 0 } } },
    ['identity.keys.daysMax: want an integer from 1 to 3650, got 0'],
  ],
  [
    'a misspelt key of keys',
    { identity: { keys: { daysMax: 90, days: 1 } } },
    ['identity.keys.days: unknown key; the keys are daysMax'],
  ],
  [
    'both admin and infer',
    { identity: { anonymous: { tenant: 't', roles: ['infer', 'admin'] } } },
    [`identity.anonymous.roles: ${roleMix}`],
  ],
  [
    'both admin and infer, of a certificate',
    {
      identity: { certificates: [{ subject: 's', tenant: 't', roles: ['admin', 'infer'] }] },
    },
    [`identity.certificates.0.roles: ${roleMix}`],
  ],
  ['both admin and infer, of an issuer', jwt({ roles: ['admin', 'infer'] }), [`identity.jwt.0.roles: ${roleMix}`]],
  [
    'an unknown role',
    { identity: { anonymous: { tenant: 't', roles: ['root'] } } },
    ['identity.anonymous.roles.0: want one of infer, observe, publish, report, admin, got "root"'],
  ],
  [
    'a tenant that is called __proto__',
    { identity: { anonymous: { tenant: '__proto__' } } },
    ['identity.anonymous.tenant: want a tenant of letters, digits, ".", "_", "-", "@", at most 128, got "__proto__"'],
  ],
  [
    'no tenant',
    { identity: { anonymous: {} } },
    ['identity.anonymous.tenant: want a tenant of letters, digits, ".", "_", "-", "@", at most 128, got nothing'],
  ],
  [
    'a priority that is none',
    { identity: { anonymous: { tenant: 't', priority: 'high' } } },
    ['identity.anonymous.priority: want one of critical, standard, sheddable, got "high"'],
  ],
  [
    'a symmetric algorithm',
    jwt({ algorithms: ['HS256'] }),
    [`identity.jwt.0.algorithms.0: ${algorithmExpected}, got "HS256"`],
  ],
  [
    'the algorithm none',
    jwt({ algorithms: ['none'] }),
    [`identity.jwt.0.algorithms.0: ${algorithmExpected}, got "none"`],
  ],
  ['no algorithm', jwt({ algorithms: [] }), ['identity.jwt.0.algorithms: want at least one']],
  [
    'an http URL that is not on loopback',
    jwt({ jwks: 'http://id.example/keys' }),
    [`${jwksExpected}, got "http://id.example/keys"`],
  ],
  [
    'a URL that only looks like loopback',
    jwt({ jwks: 'http://localhost:80@id.example/keys' }),
    [`${jwksExpected}, got "http://localhost:80@id.example/keys"`],
  ],
  ['a file outside', jwt({ jwks: '/etc/keys.json' }), [`${jwksExpected}, got "/etc/keys.json"`]],
  [
    'an issuer without an audience',
    jwt({ audience: undefined }),
    ['identity.jwt.0.audience: want the aud of its tokens, got nothing'],
  ],
  [
    'an issuer twice',
    { identity: { jwt: [issuer, issuer] } },
    ['identity.jwt.1.issuer: another entry has this issuer already'],
  ],
  [
    'a claim without a name',
    jwt({ tenant: { claim: '' } }),
    ['identity.jwt.0.tenant.claim: want the name of a claim, or a path such as realm_access.roles, got ""'],
  ],
  [
    'an opened service that stays shut',
    { identity: { open: ['inference'] } },
    ['identity.open.0: want health or reflection, got "inference"'],
  ],
];
