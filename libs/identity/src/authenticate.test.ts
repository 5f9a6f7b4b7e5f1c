import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { isLoopback } from '@sheaf/inference';
import {
  createApiKey,
  createAuthenticate,
  type Grant,
  type IdentitySpec,
  identityProblems,
  loudlyOpen,
} from './index.ts';
import { bearer, issuerOf, noon, nothingShown } from './testing/fake-issuer.ts';

const grant: Grant = { tenant: 'acme', roles: ['infer'], models: ['*'] };
const closed: IdentitySpec = { keys: true, jwt: [], certificates: [], anonymous: undefined };
const { key, text } = createApiKey(randomBytes, grant, '', noon, undefined);
const certificate = { commonName: 'reader', alternativeNames: [], fingerprint: 'ab', expiresAt: noon + 1 };

const authenticateBy = (spec: Partial<IdentitySpec>) =>
  createAuthenticate({ ...closed, ...spec }, { keys: () => new Map([[key.id, key]]), now: () => noon });

describe('credentials of a call', () => {
  const open = { anonymous: { ...grant, tenant: 'public' }, certificates: [{ ...grant, subject: 'reader' }] };

  it('counts in the order key, bearer, certificate, nothing', async () => {
    const authenticate = authenticateBy(open);
    const shown = [
      { ...nothingShown, apiKey: text, certificate },
      { ...bearer(text), certificate },
      { ...nothingShown, certificate },
      nothingShown,
    ];
    const ids = shown.map((credentials) => authenticate(credentials)).map((answer) => 'id' in answer && answer.id);
    assert.deepEqual(ids, [`key:${key.id}`, `key:${key.id}`, 'cert:reader', 'anonymous']);
  });

  it('is refused when it is bad, though a good certificate is there and strangers may come in', () => {
    const authenticate = authenticateBy(open);
    for (const bad of [
      { apiKey: 'sheaf_x' },
      { apiKey: '' },
      { authorization: 'Bearer a.b.c' },
      { authorization: '' },
    ]) {
      assert.throws(() => authenticate({ ...nothingShown, certificate, ...bad }), {
        code: 'UNAUTHENTICATED',
        reason: 'TOKEN_INVALID',
        retryAfterMs: -1,
      });
    }
  });

  it('must be something, unless strangers may come in', () => {
    const missing = { code: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING', retryAfterMs: -1 };
    assert.throws(() => authenticateBy({})(nothingShown), missing);
    assert.throws(() => authenticateBy({})({ ...nothingShown, certificate }), missing);
  });
});

describe('an identity spec', () => {
  const jwks = '/etc/sheaf/keys.json';
  const bad: [string, Partial<IdentitySpec>][] = [
    ['jwt[0].algorithms', { jwt: [issuerOf(jwks, { algorithms: [] })] }],
    ['jwt[0].algorithms', { jwt: [issuerOf(jwks, { algorithms: ['none'] })] }],
    ['jwt[0].algorithms', { jwt: [issuerOf(jwks, { algorithms: ['ES256', 'HS256'] })] }],
    ['jwt[0].jwks', { jwt: [issuerOf('http://issuer.example/keys')] }],
    ['jwt[0].audience', { jwt: [issuerOf(jwks, { audience: '' })] }],
    ['jwt[0].issuer', { jwt: [issuerOf(jwks, { issuer: 'a#b' })] }],
    ['jwt[0].tenant', { jwt: [issuerOf(jwks, { tenant: { fixed: '' } })] }],
    ['jwt[0]', { jwt: [issuerOf(jwks, { roles: { fixed: ['admin', 'infer'] } })] }],
    ['jwt[1].issuer', { jwt: [issuerOf(jwks), issuerOf(jwks)] }],
    ['jwt[0].tenants', { jwt: [issuerOf(jwks, { tenants: [] })] }],
    ['jwt[0].tenants', { jwt: [issuerOf(jwks, { tenant: { fixed: 'acme' }, tenants: ['*'] })] }],
    // Of several issuers, each must say which tenants it may name: else its tokens could be of those of another.
    [
      'jwt[1].tenants',
      { jwt: [issuerOf(jwks, { tenants: ['a-*'] }), issuerOf(jwks, { issuer: 'https://b.example' })] },
    ],
    [
      'jwt[1].tenants',
      { jwt: [issuerOf(jwks, { tenant: { fixed: 'acme' } }), issuerOf(jwks, { issuer: 'https://b.example' })] },
    ],
    ['certificates[0].subject', { certificates: [{ ...grant, subject: '' }] }],
    ['certificates[0]', { certificates: [{ ...grant, subject: '*', roles: ['admin', 'infer'] }] }],
    ['anonymous', { anonymous: { ...grant, tenant: '' } }],
    ['anonymous.roles', { anonymous: { ...grant, roles: ['admin'] } }],
  ];
  for (const [path, changes] of bad) {
    it(`with a mistake at ${path} keeps the gateway from starting: ${JSON.stringify(changes).slice(0, 60)}`, () => {
      const problems = identityProblems({ ...closed, ...changes });
      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
      );
      assert.throws(() => authenticateBy(changes), { code: 'INVALID_ARGUMENT', message: /^identity: / });
    });
  }

  it('without mistakes has no problems', () => {
    assert.deepEqual(identityProblems({ ...closed, jwt: [issuerOf(jwks)], anonymous: grant }), []);
    const several = [
      issuerOf(jwks, { tenants: ['a-*'] }),
      issuerOf(jwks, { issuer: 'https://b.example', tenants: ['*'] }),
    ];
    assert.deepEqual(identityProblems({ ...closed, jwt: several }), []);
  });
});

describe('a server that is open to strangers', () => {
  const open = { ...closed, anonymous: grant };

  it('is told of, unless only this machine reaches it', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1']) {
      assert.ok(isLoopback(host), host);
      assert.equal(loudlyOpen(open, host), undefined);
    }
    for (const host of [
      '0.0.0.0',
      '::',
      '',
      '10.0.0.1',
      'sheaf.example',
      '127.example',
      'localhost.example',
      '::127.0.0.1',
    ]) {
      assert.match(loudlyOpen(open, host) ?? '', /^WARNING: anyone .* tenant acme, .* infer, .* \*$/);
    }
  });

  it('is not told of when it is closed', () => assert.equal(loudlyOpen(closed, '0.0.0.0'), undefined));
});
