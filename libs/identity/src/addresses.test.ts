import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAuthenticate } from './index.ts';
import { noon, nothingShown } from './testing/fake-issuer.ts';

describe('a credential that counts from some addresses only', () => {
  const addresses = ['192.0.2.0/24'];
  const grant = { tenant: 'acme', roles: ['infer'], models: ['*'], addresses } as const;
  const certificate = { commonName: 'reader', alternativeNames: [], fingerprint: 'ab', expiresAt: noon + 1 };
  const spec = { keys: true, jwt: [], certificates: [{ ...grant, subject: 'reader' }], anonymous: grant };
  const authenticate = createAuthenticate(spec, { keys: () => new Map(), now: () => noon });

  for (const [what, shown] of [
    ['a certificate', { ...nothingShown, certificate }],
    ['nothing', nothingShown],
  ] as const)
    it(`is refused from elsewhere: ${what}`, async () => {
      assert.equal((await authenticate({ ...shown, address: '192.0.2.9' })).tenant, 'acme');
      for (const address of ['192.0.3.9', undefined])
        assert.throws(() => authenticate({ ...shown, address }), {
          code: 'PERMISSION_DENIED',
          reason: 'ADDRESS_DENIED',
        });
    });
});
