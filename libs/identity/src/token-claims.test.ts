/** Tokens as Keycloak and Entra ID make them: claims in objects, and kilobytes of groups. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { JwtIssuer } from './credentials.ts';
import type { IdentitySpec } from './identity-spec.ts';
import { createAuthenticate } from './index.ts';
import { bearer, createSigningKey, issuerOf, noon, sign } from './testing/fake-issuer.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-identity-'));
after(() => rmSync(folder, { recursive: true }));
const key = await createSigningKey('one');
const jwks = join(folder, 'keys.json');
writeFileSync(jwks, JSON.stringify({ keys: [key.jwk] }));

function authenticatorOf(changes: Partial<JwtIssuer> = {}, more: Partial<IdentitySpec> = {}) {
  const spec = { keys: true, jwt: [issuerOf(jwks, changes)], certificates: [], anonymous: undefined, ...more };
  return createAuthenticate(spec, { keys: () => new Map(), now: () => noon });
}

describe('a token', () => {
  it('may have its claims in objects, and names with dots in them', async () => {
    const nested = await sign(key, {
      realm_access: { roles: ['infer', 'offline_access'] },
      'https://acme.example/org': 'acme',
      resource_access: { 'my.client': { models: ['digits'] } },
      constructor: undefined,
    });
    const at = (claim: string) => ({ claim });
    const changes = {
      tenant: at('https://acme.example/org'),
      roles: at('realm_access.roles'),
      models: at('resource_access.my.client.models'),
      claims: ['realm_access.constructor', 'realm_access.none.at.all'],
    };
    const { tenant, roles, models, claims } = await authenticatorOf(changes)(bearer(nested));
    assert.deepEqual([tenant, roles, models, { ...claims }], ['acme', ['infer'], ['digits'], {}]);
    const flat = await sign(key, { realm_access: 'infer' });
    await assert.rejects(async () => authenticatorOf({ roles: at('realm_access.roles') })(bearer(flat)), {
      message: /claim realm_access: want an object/,
    });
  });

  it('names a tenant that tokens of its issuer may name, and no other', async () => {
    const ask = authenticatorOf({ tenants: ['b-*', 'bobs'] });
    for (const tenant of ['b-1', 'bobs']) assert.equal((await ask(bearer(await sign(key, { tenant })))).tenant, tenant);
    for (const tenant of ['acme', 'xb-1', 'bobs2'])
      await assert.rejects(async () => ask(bearer(await sign(key, { tenant }))), {
        code: 'UNAUTHENTICATED',
        reason: 'TOKEN_INVALID',
        message: "the token's claim tenant: want a tenant that tokens of its issuer may name",
      });
  });

  it('counts from the addresses that are said of its issuer, also when it was verified before', async () => {
    const ask = authenticatorOf({ addresses: ['192.0.2.0/24'] });
    const shown = bearer(await sign(key));
    const denied = { code: 'PERMISSION_DENIED', reason: 'ADDRESS_DENIED' };
    assert.throws(() => ask({ ...shown, address: '198.51.100.1' }), denied);
    assert.equal((await ask({ ...shown, address: '192.0.2.1' })).tenant, 'acme');
    assert.throws(() => ask({ ...shown, address: '198.51.100.1' }), denied);
  });

  it('may be as long as the groups of a large company make it, and as the setting says', async () => {
    const groups = Array.from({ length: 250 }, (_, index) => `${index}-6f2a9c1e-5b7d-4e0f-8a3b`.padEnd(36, '0'));
    const long = await sign(key, { groups });
    assert.ok(long.length > 12_000, `${long.length} bytes`);
    assert.equal((await authenticatorOf()(bearer(long))).tenant, 'acme');
    const limited = { tokenBytesMax: 8_192 };
    assert.throws(() => authenticatorOf({}, limited)(bearer(long)), { message: /token of at most 8192 bytes/ });
  });
});
