import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exportJWK } from 'jose';
import { createAuthenticate } from './index.ts';
import { jwksProblem } from './key-source.ts';
import { bearer, createSigningKey, issuerOf, noon, sign } from './testing/fake-issuer.ts';

const one = await createSigningKey('one');
const good = bearer(await sign(one));

describe('the place of keys', () => {
  for (const [jwks, right] of [
    ['/etc/sheaf/keys.json', true],
    ['https://issuer.example/keys', true],
    ['http://127.0.0.1:8080/keys', true],
    ['http://localhost/keys', true],
    ['http://[::1]:8080/keys', true],
    ['http://issuer.example/keys', false],
    ['http://127.0.0.1.evil.example/keys', false],
    ['http://localhost.evil.example/keys', false],
    ['https://user:word@issuer.example/keys', false],
    ['HTTP://issuer.example/keys', false],
    ['file:///etc/keys.json', false],
    ['data://keys', false],
    ['https://', false],
    ['keys.json', false],
    ['', false],
  ] as const) {
    it(`${right ? 'may' : 'may not'} be ${jwks}`, () => assert.equal(jwksProblem(jwks) === undefined, right));
  }

  it('is a file with public keys, or the gateway does not start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sheaf-identity-'));
    try {
      const file = join(folder, 'keys.json');
      const start = () =>
        createAuthenticate(
          { keys: false, jwt: [issuerOf(file)], certificates: [], anonymous: undefined },
          { keys: () => new Map(), now: () => noon },
        );
      assert.throws(start, { code: 'INVALID_ARGUMENT', message: /keys\.json cannot be used/ });
      for (const text of ['', '{', '[]', '{"keys":[1]}', JSON.stringify({ keys: [await exportJWK(one.privateKey)] })]) {
        writeFileSync(file, text);
        assert.throws(start, { code: 'INVALID_ARGUMENT' });
      }
      writeFileSync(file, JSON.stringify({ keys: [one.jwk] }));
      assert.equal((await start()(good)).tenant, 'acme');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
