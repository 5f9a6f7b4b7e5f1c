import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { InferError } from '@sheaf/inference';
import fc from 'fast-check';
import { base64url, exportSPKI, SignJWT } from 'jose';
import type { JwtIssuer } from './credentials.ts';
import { createAuthenticate } from './index.ts';
import {
  bearer,
  createSigningKey,
  goodPayload,
  issuerOf,
  noon,
  noonSeconds,
  nothingShown,
  sign,
} from './testing/fake-issuer.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-identity-'));
after(() => rmSync(folder, { recursive: true }));

const key = await createSigningKey('one');
const stranger = await createSigningKey('one');
const jwks = join(folder, 'keys.json');
writeFileSync(jwks, JSON.stringify({ keys: [key.jwk] }));

function authenticatorOf(changes: Partial<JwtIssuer> = {}, now = () => noon) {
  const anonymous = { tenant: 'public', roles: [], models: [] };
  const spec = { keys: true, jwt: [issuerOf(jwks, changes)], certificates: [], anonymous };
  return createAuthenticate(spec, { keys: () => new Map(), now });
}

/** What a token ends with; never an answer for a bad one. */
async function ends(token: string, changes: Partial<JwtIssuer> = {}, now = noon): Promise<string> {
  try {
    const { id } = await authenticatorOf(changes, () => now)(bearer(token));
    return id;
  } catch (error) {
    assert.ok(error instanceof InferError, String(error));
    assert.deepEqual([error.code, error.retryAfterMs], ['UNAUTHENTICATED', -1]);
    const shown = token.split('.').filter((part) => part.length > 8);
    for (const part of shown) assert.ok(!error.message.includes(part), error.message);
    return `${error.reason}: ${error.message}`;
  }
}

const alice = 'jwt:https://issuer.example#alice';
const encode = (value: unknown): string => base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
const good = await sign(key);
const { subtle } = crypto;
const publicKey = await subtle.importKey('jwk', key.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
const spki = await exportSPKI(publicKey);
const [header = '', payload = '', signature = ''] = good.split('.');

describe('a good token', () => {
  it('makes a principal of its claims; roles for other services are not ours', async () => {
    const principal = await authenticatorOf()(bearer(good));
    assert.deepEqual(
      { ...principal, claims: { ...principal.claims } },
      {
        id: alice,
        tenant: 'acme',
        roles: ['infer'],
        models: ['iris*', 'digits'],
        priority: 'standard',
        claims: { plan: 'gold' },
      },
    );
  });

  it('is answered with a promise the first time, and without one from then on', async () => {
    const authenticate = authenticatorOf();
    const first = authenticate(bearer(good));
    assert.ok(first instanceof Promise);
    const principal = await first;
    assert.equal(authenticate(bearer(good)), principal);
  });

  it('may name several audiences, and keys of its own that nobody looks at', async () => {
    assert.equal(await ends(await sign(key, { aud: ['other', 'sheaf'] })), alice);
    const jku = 'https://evil.example/keys';
    for (const more of [{ jwk: stranger.jwk }, { jku }, { x5u: jku }, { x5c: ['AAAA'] }]) {
      assert.equal(await ends(await sign(key, {}, more)), alice);
      assert.match(await ends(await sign(stranger, {}, more)), /^TOKEN_INVALID/);
    }
  });

  it('needs no kid where there is one key', async () => {
    const token = await new SignJWT(goodPayload).setProtectedHeader({ alg: 'ES256' }).sign(key.privateKey);
    assert.equal(await ends(token), alice);
  });
});

describe('the times of a token', () => {
  for (const [claims, expected] of [
    [{ exp: noonSeconds - 59 }, alice],
    [{ exp: noonSeconds - 60 }, 'TOKEN_EXPIRED'],
    [{ exp: noonSeconds - 61 }, 'TOKEN_EXPIRED'],
    [{ exp: undefined }, 'TOKEN_INVALID: the token says not when it expires'],
    [{ exp: `${noonSeconds + 600}` }, 'TOKEN_INVALID'],
    [{ exp: null }, 'TOKEN_INVALID'],
    [{ exp: -1 }, 'TOKEN_EXPIRED'],
    [{ nbf: noonSeconds + 59 }, alice],
    [{ nbf: noonSeconds + 60 }, alice],
    [{ nbf: noonSeconds + 61 }, 'TOKEN_INVALID: the token does not count yet'],
    [{ nbf: undefined }, alice],
    [{ nbf: 'soon' }, 'TOKEN_INVALID'],
    [{ iat: 'once' }, 'TOKEN_INVALID'],
  ] as const) {
    it(`${JSON.stringify(claims)} at ${noonSeconds}: ${expected}`, async () => {
      const told = await ends(await sign(key, claims));
      assert.ok(told.startsWith(expected), told);
    });
  }

  it('are looked at on each call, whichever way the clock steps', async () => {
    let now = noon;
    const authenticate = authenticatorOf({}, () => now);
    const token = await sign(key, { exp: noonSeconds + 10, nbf: noonSeconds });
    await authenticate(bearer(token));
    now = noon + 9_999;
    assert.ok(!(authenticate(bearer(token)) instanceof Promise));
    now = noon + 69_999;
    assert.ok(authenticate(bearer(token)) instanceof Promise, 'after exp it is verified on each call');
    assert.equal((await authenticate(bearer(token))).id, alice);
    now = noon;
    await authenticate(bearer(token));
    now = noon - 60_000;
    assert.ok(!(authenticate(bearer(token)) instanceof Promise));
    now = noon - 60_001;
    await assert.rejects(async () => authenticate(bearer(token)), { reason: 'TOKEN_INVALID' });
    now = noon + 70_000;
    await assert.rejects(async () => authenticate(bearer(token)), { reason: 'TOKEN_EXPIRED' });
  });
});

describe('a bad token', () => {
  const hmac = (secret: string) =>
    new SignJWT(goodPayload).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(new TextEncoder().encode(secret));

  const bad: [string, string | Promise<string>, RegExp?][] = [
    ['of another issuer', sign(key, { iss: 'https://other.example' }), /not known here/],
    ['whose issuer is no text', sign(key, { iss: ['https://issuer.example'] }), /not known here/],
    ['without issuer', sign(key, { iss: undefined }), /not known here/],
    ['whose issuer has a slash more', sign(key, { iss: 'https://issuer.example/' })],
    ['for another audience', sign(key, { aud: 'other' }), /audience/],
    ['for a list without us', sign(key, { aud: ['other', 'sheaf2'] }), /audience/],
    ['for nobody', sign(key, { aud: undefined }), /audience/],
    ['for an odd audience', sign(key, { aud: { sheaf: true } })],
    ['with alg none and no signature', `${encode({ alg: 'none' })}.${payload}.`],
    ['with alg none and a signature', `${encode({ alg: 'none' })}.${payload}.${signature}`],
    ['with alg NonE', `${encode({ alg: 'NonE' })}.${payload}.${signature}`],
    ['without alg', `${encode({ kid: 'one' })}.${payload}.${signature}`],
    ['signed with the public key as HS256', hmac(spki)],
    ['signed with the key set as HS256', hmac(JSON.stringify(key.jwk))],
    ['signed by another key of that name', sign(stranger)],
    ['that names an unknown key', sign(key, {}, { kid: 'two' })],
    ['whose kid is no text', `${encode({ alg: 'ES256', kid: { one: 1 } })}.${payload}.${signature}`],
    ['with another payload', `${header}.${encode({ ...goodPayload, tenant: 'other' })}.${signature}`],
    ['without signature', `${header}.${payload}.`],
    ['of two parts', `${header}.${payload}`],
    ['of one part', payload],
    ['with three dots', `${good}.`],
    ['of five parts, as encrypted ones are', `${header}.${payload}.${signature}.a.b`],
    ['of dots', '...'],
    ['of two dots', '..'],
    ['in base64 with padding', `${header}.${payload}=.${signature}`],
    ['in base64 of the other alphabet', `${header}.${payload}.${signature.slice(0, -4)}+/+/`],
    ['that is no base64', `${header}.ä${payload}.${signature}`],
    ['whose payload is no JSON', `${header}.${encode('iss')}.${signature}`],
    ['whose payload is null', `${header}.${encode('null')}.${signature}`],
    ['whose payload is a list', `${header}.${encode([goodPayload])}.${signature}`],
    ['whose header is a list', `${encode([1])}.${payload}.${signature}`],
    ['whose payload is 5,000 deep', `${header}.${encode('['.repeat(5_000))}.${signature}`],
    ['whose header is 5,000 deep', `${encode('{"a":'.repeat(1_000))}.${payload}.${signature}`],
    [
      'with a crit that nobody knows',
      `${encode({ alg: 'ES256', kid: 'one', crit: ['x'], x: 1 })}.${payload}.${signature}`,
    ],
    ['with an empty crit', `${encode({ alg: 'ES256', kid: 'one', crit: [] })}.${payload}.${signature}`],
    ['of 16,385 bytes', `${good}${'A'.repeat(16_385 - good.length)}`, /16384/],
    ['of one megabyte', `${header}.${'A'.repeat(1 << 20)}.${signature}`, /16384 bytes/],
    ['that is empty', '', /Bearer/],
    ['in two', `${good} ${good}`, /Bearer/],
    ['given twice with a comma', `${good},${good}`],
    ['without subject', sign(key, { sub: undefined }), /claim sub/],
    ['with a line end in its subject', sign(key, { sub: 'alice\nINFO admin logged in' }), /claim sub/],
    ['with a long subject', sign(key, { sub: 'a'.repeat(257) }), /claim sub/],
    ['without tenant', sign(key, { tenant: undefined }), /claim tenant/],
    ['with a tenant that is a number', sign(key, { tenant: 7 }), /claim tenant/],
    ['with a list of tenants', sign(key, { tenant: ['acme'] }), /claim tenant/],
    ['with an empty tenant', sign(key, { tenant: '' }), /claim tenant/],
    ['with roles that are an object', sign(key, { roles: { infer: true } }), /claim roles/],
    ['with roles that are no texts', sign(key, { roles: ['infer', 1] }), /claim roles/],
    ['with models that are a number', sign(key, { models: 1 }), /claim models/],
    ['with a claim for rules that is a list', sign(key, { plan: ['gold'] }), /claim plan/],
    ['with a claim for rules that is long', sign(key, { plan: 'g'.repeat(257) }), /claim plan/],
    ['that may ask and change', sign(key, { roles: 'infer admin' }), /management and inference/],
  ];
  for (const [what, token, message] of bad) {
    it(`${what} is refused, and does not fall back to anonymous`, async () => {
      const told = await ends(await token);
      assert.match(told, /^TOKEN_INVALID: /);
      assert.match(told, message ?? /./);
    });
  }

  it('is one whose algorithm is not pinned, though the key fits', async () => {
    assert.match(await ends(good, { algorithms: ['ES384', 'RS256'] }), /^TOKEN_INVALID/);
  });

  it('is anything but Bearer', async () => {
    for (const authorization of ['', 'Bearer', 'Bearer ', `Basic ${good}`, good, `Bearer\t${good}`, `DPoP ${good}`]) {
      assert.throws(() => authenticatorOf()({ ...nothingShown, authorization }), { reason: 'TOKEN_INVALID' });
    }
  });
});

describe('the claims of a token', () => {
  it('are plain data, whatever they are called', async () => {
    const claims = ['__proto__', 'constructor', 'toString', 'plan'];
    const body = `{"__proto__":"polluted",${JSON.stringify(goodPayload).slice(1)}`;
    const token = await signText(body);
    const principal = await authenticatorOf({ claims })(bearer(token));
    assert.deepEqual(Object.entries(principal.claims), [
      ['__proto__', 'polluted'],
      ['plan', 'gold'],
    ]);
    assert.equal(principal.claims.constructor, undefined);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    const nested = await signText(
      `{"__proto__":{"tenant":"other"},${JSON.stringify({ ...goodPayload, tenant: undefined }).slice(1)}`,
    );
    assert.match(await ends(nested), /claim tenant/);
  });

  it('give nothing that they do not say', async () => {
    const { roles, models } = await authenticatorOf()(bearer(await sign(key, { roles: undefined, models: undefined })));
    assert.deepEqual([roles, models], [[], []]);
  });

  it('are not asked where the configuration says it', async () => {
    const fixed = { tenant: { fixed: 'acme' }, roles: { fixed: ['observe'] }, models: { fixed: ['*'] } } as const;
    const token = await sign(key, { tenant: 7, roles: 7, models: 7 });
    const { tenant, roles, models } = await authenticatorOf(fixed)(bearer(token));
    assert.deepEqual([tenant, roles, models], ['acme', ['observe'], ['*']]);
  });

  it('that no JSON number can hold are refused', async () => {
    const token = await signText(JSON.stringify(goodPayload).replace('"gold"', '1e400'));
    assert.match(await ends(token), /claim plan/);
  });

  /** A token of a payload that no serialiser would write. */
  async function signText(body: string): Promise<string> {
    const input = `${header}.${encode(body)}`;
    const bytes = new TextEncoder().encode(input);
    const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, bytes);
    return `${input}.${base64url.encode(new Uint8Array(signed))}`;
  }
});

it('no change of a good token is accepted', async () => {
  const authenticate = authenticatorOf();
  await authenticate(bearer(good));
  const place = fc.nat(good.length - 1);
  const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/é');
  const change = fc.oneof(
    fc.tuple(place, letter).map(([at, by]) => good.slice(0, at) + by + good.slice(at + 1)),
    fc.tuple(place, letter).map(([at, by]) => good.slice(0, at) + by + good.slice(at)),
    fc.tuple(place, fc.integer({ min: 1, max: 9 })).map(([at, count]) => good.slice(0, at) + good.slice(at + count)),
    fc
      .constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      .map((by) => good.slice(0, -1) + by),
  );
  const refused = fc.asyncProperty(change, async (token) => {
    fc.pre(token !== good);
    await assert.rejects(async () => authenticate(bearer(token)), { code: 'UNAUTHENTICATED' });
  });
  await fc.assert(refused, { numRuns: 1_500 });
});
