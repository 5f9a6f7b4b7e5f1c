import assert from 'node:assert/strict';
import crypto, { createHash, randomBytes } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it, mock } from 'node:test';
import { InferError, type Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import { createApiKey, createAuthenticate, type Grant, parseApiKey } from './index.ts';
import { bearer, noon, nothingShown } from './testing/fake-issuer.ts';

const grant: Grant = { tenant: 'acme', roles: ['infer'], models: ['iris*'] };
const createFixed = (changes: Partial<Grant> = {}, expiresAt?: number) =>
  createApiKey((bytes) => new Uint8Array(bytes).fill(7), { ...grant, ...changes }, 'a note', noon, expiresAt);

function refused(reason: string, message?: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof InferError);
    assert.deepEqual([error.code, error.reason, error.retryAfterMs], ['UNAUTHENTICATED', reason, -1]);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  };
}

/** Authenticates with keys, at a time. */
function authenticatorOf(keys: readonly ApiKey[], now = () => noon, accepted = true, keyDaysMax?: number) {
  const byId = new Map(keys.map((key) => [key.id, key]));
  const spec = { keys: accepted, keyDaysMax, jwt: [], certificates: [], anonymous: { ...grant, tenant: 'public' } };
  const used: [string, number][] = [];
  const onKeyUse = (id: string, at: number): void => void used.push([id, at]);
  const authenticate = createAuthenticate(spec, { keys: () => byId, now, onKeyUse });
  return { show: (apiKey: string) => authenticate({ ...nothingShown, apiKey }), authenticate, byId, used };
}

describe('createApiKey', () => {
  it('answers a record without the secret, and the text with it', () => {
    const { key, text } = createFixed();
    assert.match(text, /^sheaf_[a-z2-7]{12}_[A-Za-z0-9_-]{43}$/);
    const parts = parseApiKey(text);
    assert.equal(parts?.id, key.id);
    assert.equal(
      createHash('sha256')
        .update(parts?.secret ?? '')
        .digest('hex'),
      key.secretHash,
    );
    assert.ok(!JSON.stringify(key).includes(parts?.secret ?? ''));
    assert.deepEqual([key.createdAt, key.expiresAt, key.revokedAt, key.note], [noon, undefined, undefined, 'a note']);
  });

  it('never makes the same key twice', () => {
    const texts = Array.from({ length: 500 }, () => createApiKey(randomBytes, grant, '', noon, undefined).text);
    assert.equal(new Set(texts).size, 500);
  });

  it('refuses what no key may be', () => {
    const invalid = (error: unknown) => error instanceof InferError && error.code === 'INVALID_ARGUMENT';
    assert.throws(() => createFixed({ roles: ['infer', 'admin'] }), invalid);
    assert.throws(() => createFixed({ roles: ['root' as never] }), invalid);
    assert.throws(() => createFixed({ tenant: '' }), invalid);
    assert.throws(() => createFixed({ tenant: 'a\nb' }), invalid);
    assert.throws(() => createFixed({ models: [''] }), invalid);
    assert.throws(() => createFixed({}, noon), invalid);
    assert.throws(() => createFixed({}, Number.NaN), invalid);
    assert.throws(() => createApiKey(randomBytes, grant, 'n'.repeat(257), noon, undefined), invalid);
    assert.throws(() => createApiKey(() => new Uint8Array(3), grant, '', noon, undefined), /random bytes/);
  });
});

describe('an API key', () => {
  const { key, text } = createFixed({}, noon + 1000);
  const last = text.at(-1) === 'A' ? 'B' : 'A';

  it('tells who calls, in x-api-key and as a bearer, without a promise', () => {
    const { show, authenticate } = authenticatorOf([key]);
    const principal = {
      id: `key:${key.id}`,
      tenant: 'acme',
      roles: ['infer'],
      models: ['iris*'],
      priority: 'standard',
      claims: {},
    };
    assert.deepEqual(show(text), principal);
    assert.equal(authenticate(bearer(text)), show(text));
    assert.deepEqual(authenticate({ ...nothingShown, authorization: `bEaReR   ${text}` }), principal);
  });

  const bad: [string, string][] = [
    ['empty', ''],
    ['of spaces', '   '],
    ['with a tab before', `\t${text}`],
    ['with a line end behind', `${text}\n`],
    ['without its secret', text.slice(0, 19)],
    ['with a short secret', text.slice(0, -1)],
    ['with a long secret', `${text}A`],
    ['padded', `${text}=`],
    ['in upper case', text.toUpperCase()],
    ['with another prefix', text.replace('sheaf', 'sheep')],
    ['with another secret', text.slice(0, -1) + last],
    ['with an unknown id', text.replace(key.id, 'aaaaaaaaaaaa')],
    ['with the id __proto__', `sheaf___proto____${text.slice(-43)}`],
    ['with the hash for a secret', `sheaf_${key.id}_${key.secretHash}`],
    ['of one megabyte', `${text}${'A'.repeat(1 << 20)}`],
    ['with letters that look alike', text.replace('s', 'ѕ')],
  ];
  for (const [what, sent] of bad) {
    it(`${what} is refused, and does not fall back to anonymous`, () => {
      const { show, authenticate } = authenticatorOf([key]);
      assert.throws(() => show(sent), refused('TOKEN_INVALID'));
      assert.throws(() => authenticate({ ...nothingShown, authorization: `Bearer ${sent}` }), refused('TOKEN_INVALID'));
    });
  }

  it('is good until the millisecond in which it expires', () => {
    let now = noon + 999;
    const { show } = authenticatorOf([key], () => now);
    assert.ok(show(text));
    now = noon + 1000;
    assert.throws(() => show(text), refused('TOKEN_EXPIRED'));
  });

  it('is refused from when it is revoked, also when it was good before', () => {
    const { show, byId } = authenticatorOf([key]);
    assert.ok(show(text));
    byId.set(key.id, { ...key, revokedAt: noon });
    assert.throws(() => show(text), refused('TOKEN_INVALID', /^the API key is not valid$/));
    byId.delete(key.id);
    assert.throws(() => show(text), refused('TOKEN_INVALID', /^the API key is not valid$/));
  });

  it('counts with the secret before until its time is over, and not after', () => {
    const secret = 'r'.repeat(43);
    const old = createHash('sha256').update(secret).digest('hex');
    let now = noon + 499;
    const { show } = authenticatorOf([{ ...key, replaced: { secretHash: old, until: noon + 500 } }], () => now);
    const before = text.slice(0, -43) + secret;
    assert.equal(show(before), show(text));
    now = noon + 500;
    assert.throws(() => show(before), refused('TOKEN_EXPIRED'));
    assert.ok(show(text));
    // Nor longer than the key itself.
    now = noon + 1_000;
    const { show: late } = authenticatorOf([{ ...key, replaced: { secretHash: old, until: noon + 5_000 } }], () => now);
    assert.throws(() => late(before), refused('TOKEN_EXPIRED'));
  });

  it('ends so many days after its secret was made, where policies say so, whatever it says itself', () => {
    const day = 24 * 3_600_000;
    const endless = { ...key, expiresAt: undefined };
    let now = noon + 2 * day - 1;
    const { show } = authenticatorOf([endless], () => now, true, 2);
    const { show: renewed } = authenticatorOf([{ ...endless, rotatedAt: noon + day }], () => now, true, 2);
    assert.ok(show(text));
    now += 1;
    assert.throws(() => show(text), refused('TOKEN_EXPIRED'));
    assert.ok(renewed(text));
    // One that ends earlier by its own word does.
    now = noon + 1_000;
    assert.throws(() => authenticatorOf([key], () => now, true, 2).show(text), refused('TOKEN_EXPIRED'));
  });

  it('tells that it was used, and of nobody who is refused', () => {
    const { show, used } = authenticatorOf([key]);
    assert.equal((show(text) as Principal).tenant, key.tenant);
    assert.throws(() => show(text.slice(0, -1) + last));
    assert.deepEqual(used, [[key.id, noon]]);
  });

  it('that gives both duties, or whose record is damaged, gives nothing', () => {
    for (const changes of [{ roles: ['infer', 'admin'] as const }, { secretHash: 'zz' }, { secretHash: '' }]) {
      assert.throws(() => authenticatorOf([{ ...key, ...changes }]).show(text), refused('TOKEN_INVALID', /not valid/));
    }
  });

  it('is refused where keys are not accepted', () => {
    assert.throws(() => authenticatorOf([key], () => noon, false).show(text), refused('TOKEN_INVALID', /not accepted/));
  });

  it('is not accepted beside another credential', () => {
    const { authenticate } = authenticatorOf([key]);
    for (const authorization of [`Bearer ${text}`, 'Basic YTpi', '']) {
      assert.throws(
        () => authenticate({ ...nothingShown, apiKey: text, authorization }),
        refused('TOKEN_INVALID', /one/),
      );
    }
  });

  it('is compared in constant time, known or not, and nobody can tell the two apart', () => {
    const { show } = authenticatorOf([key]);
    const compare = mock.method(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    try {
      const wrongSecret = text.slice(0, -1) + last;
      const told = [wrongSecret, text.replace(key.id, 'aaaaaaaaaaaa')].map((sent) => {
        try {
          return show(sent);
        } catch (error) {
          const { code, reason, message, metadata } = error as InferError;
          return { code, reason, message, metadata };
        }
      });
      // Each with the secret of now and with the one before, whether there is one or not.
      assert.equal(compare.mock.callCount(), 4);
      assert.deepEqual(told[0], told[1]);
    } finally {
      compare.mock.restore();
      syncBuiltinESMExports();
    }
  });

  it('is told to nobody by the errors', () => {
    const { show } = authenticatorOf([key]);
    for (const [, sent] of bad.filter(([, { length }]) => length > 10)) {
      assert.throws(
        () => show(sent),
        (error: Error) => !error.message.includes(key.id) && !error.message.includes(text.slice(-20, -2)),
      );
    }
  });
});
