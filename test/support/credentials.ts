/** What callers of the tests show: API keys in the state of a folder, and tokens of an issuer whose key set is a file. */
import { randomBytes } from 'node:crypto';
import { createApiKey, parseApiKey } from '@sheaf/identity';
import { openState } from '@sheaf/store';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Grant = Parameters<typeof createApiKey>[1];

export interface KeyRequest extends Partial<Grant> {
  readonly tenant: string;
  /** Milliseconds since the epoch; may have passed. */
  readonly expiresAt?: number;
}

/** Makes a key for each request, in the state of the mesh folder; answers what their owners send as `x-api-key`. */
export async function addKeys<Name extends string>(
  folder: string,
  requests: Readonly<Record<Name, KeyRequest>>,
): Promise<Record<Name, string>> {
  const state = await openState(folder);
  try {
    const added: [string, string][] = [];
    for (const [name, request] of Object.entries<KeyRequest>(requests)) {
      const { expiresAt, ...given } = request;
      const grant = { roles: ['infer'] as const, models: ['*'], ...given };
      const made = (expiresAt ?? Date.now()) - 1_000;
      const { key, text } = createApiKey(randomBytes, grant, name, made, expiresAt);
      await state.keys.add(key);
      added.push([name, text]);
    }
    return Object.fromEntries(added) as Record<Name, string>;
  } finally {
    await state.close();
  }
}

export async function revokeKey(folder: string, text: string): Promise<void> {
  const state = await openState(folder);
  try {
    await state.keys.revoke(parseApiKey(text)?.id ?? '', Date.now());
  } finally {
    await state.close();
  }
}

export interface TestIssuer {
  /** The content of its key set. */
  readonly jwks: string;
  /** A token for an hour, or with what is given instead. */
  token(payload?: JWTPayload): Promise<string>;
}

export const issuerName = 'https://issuer.example';
export const audience = 'sheaf';

export async function createIssuer(): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  return {
    jwks: JSON.stringify({ keys: [jwk] }),
    token: (payload = {}) =>
      new SignJWT({
        iss: issuerName,
        aud: audience,
        sub: 'alice',
        exp: Math.floor(Date.now() / 1000) + 3_600,
        ...payload,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .sign(privateKey),
  };
}
