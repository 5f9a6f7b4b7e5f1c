/** For tests: somebody who makes tokens, and a loopback server with its keys. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@sheaf/inference';
import { exportJWK, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import type { Credentials, JwtIssuer } from '../credentials.ts';

/** Wall clock of the tests: some noon, in milliseconds. */
export const noon = Date.UTC(2026, 5, 1, 12);
export const noonSeconds = noon / 1000;

export const nothingShown: Credentials = { apiKey: undefined, authorization: undefined, certificate: undefined };
export const bearer = (token: string): Credentials => ({ ...nothingShown, authorization: `Bearer ${token}` });

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function createSigningKey(kid: string): Promise<SigningKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

export const goodPayload: JWTPayload = {
  iss: 'https://issuer.example',
  aud: 'sheaf',
  sub: 'alice',
  exp: noonSeconds + 600,
  nbf: noonSeconds - 600,
  tenant: 'acme',
  roles: ['infer', 'editor-of-wiki'],
  models: 'iris* digits',
  plan: 'gold',
};

/** A token of the good payload with these changes; `undefined` takes a claim away. */
export function sign(
  key: SigningKey,
  changes: Record<string, unknown> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const payload = JSON.parse(JSON.stringify({ ...goodPayload, ...changes })) as JWTPayload;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header } as JWTHeaderParameters)
    .sign(key.privateKey);
}

export const issuerOf = (jwks: string, changes: Partial<JwtIssuer> = {}): JwtIssuer => ({
  issuer: 'https://issuer.example',
  audience: 'sheaf',
  jwks,
  algorithms: ['ES256'],
  tenant: { claim: 'tenant' },
  roles: { claim: 'roles' },
  models: { claim: 'models' },
  claims: ['plan'],
  ...changes,
});

/** A server on loopback, for as long as it is held by `await using`. */
export async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/keys`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A clock that stands still until a test moves it; what waits for a time is run when that has come. */
export function createTestClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly task: () => void }>();
  return {
    now: () => now,
    after(delayMs, task) {
      const entry = { at: now + delayMs, task };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    advance(ms) {
      now += ms;
      for (const entry of [...waiting].filter(({ at }) => at <= now)) {
        waiting.delete(entry);
        entry.task();
      }
    },
  };
}
