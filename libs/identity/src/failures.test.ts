import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Principal } from '@sheaf/inference';
import { createFailureBook, createThrottle, failingMax, type ThrottleSpec, throttleDefault } from './failures.ts';
import { createApiKey, createAuthenticate } from './index.ts';
import {
  bearer,
  createSigningKey,
  issuerOf,
  noon,
  noonSeconds,
  nothingShown,
  serve,
  sign,
} from './testing/fake-issuer.ts';

const [here, there] = ['192.0.2.1', '192.0.2.2'];
const spec: ThrottleSpec = { address: 3, waitMaxMs: 10_000 };

function setUp(throttle: ThrottleSpec | false = spec) {
  const grant = { tenant: 'acme', roles: ['infer'], models: ['*'] } as const;
  const [good, other] = [1, 2].map(() => createApiKey(randomBytes, grant, '', noon, undefined));
  assert.ok(good && other);
  const keys = new Map([good, other].map(({ key }) => [key.id, key]));
  const clock = { now: noon };
  const identity = { keys: true, jwt: [], certificates: [], anonymous: undefined, throttle };
  const authenticate = createAuthenticate(identity, { keys: () => keys, now: () => clock.now });
  const outcome = (apiKey: string, address: string): string => {
    try {
      return (authenticate({ ...nothingShown, apiKey, address }) as Principal).id;
    } catch (error) {
      const { code, reason, retryAfterMs } = error as { code: string; reason: string; retryAfterMs: number };
      return reason === 'AUTHENTICATION_THROTTLED' ? `${code} ${retryAfterMs}` : reason;
    }
  };
  return { clock, outcome, good, other, wrong: `sheaf_${'a'.repeat(12)}_${'x'.repeat(43)}` };
}

describe('who fails to authenticate again and again', () => {
  it('is not looked at for a while, which grows with each further failure up to the longest, and is forgotten', () => {
    const { clock, outcome, wrong } = setUp();
    for (const _ of [1, 2, 3]) assert.equal(outcome(wrong, here), 'TOKEN_INVALID');
    assert.equal(outcome(wrong, here), 'RESOURCE_EXHAUSTED 1000');
    clock.now += 999;
    assert.equal(outcome(wrong, here), 'RESOURCE_EXHAUSTED 1');
    for (const [passed, wait] of [
      [1, 2_000],
      [2_000, 4_000],
      [4_000, 8_000],
      [8_000, 10_000],
      [10_000, 10_000],
    ] as const) {
      clock.now += passed;
      assert.equal(outcome(wrong, here), 'TOKEN_INVALID');
      assert.equal(outcome(wrong, here), `RESOURCE_EXHAUSTED ${wait}`);
    }
    clock.now += 600_000;
    assert.equal(outcome(wrong, here), 'TOKEN_INVALID');
    assert.equal(outcome(wrong, here), 'TOKEN_INVALID');
  });

  it('holds up nobody elsewhere, and nobody who was good from there before', () => {
    const { outcome, good, other, wrong } = setUp();
    assert.equal(outcome(good.text, here), `key:${good.key.id}`);
    for (const _ of [1, 2, 3]) outcome(wrong, here);
    assert.equal(outcome(good.text, here), `key:${good.key.id}`);
    assert.match(outcome(other.text, here), /^RESOURCE_EXHAUSTED/);
    assert.equal(outcome(other.text, there), `key:${other.key.id}`);
  });

  it('shuts nobody out whose key it only has the id of, and nobody behind a proxy of this machine', () => {
    const { outcome, good, wrong } = setUp({ ...spec, address: 200 });
    const guess = `${good.text.slice(0, -4)}AAAA`;
    for (let at = 0; at < 150; at++) assert.equal(outcome(guess, `198.51.100.${at}`), 'TOKEN_INVALID');
    assert.equal(outcome(good.text, there), `key:${good.key.id}`);
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      for (let at = 0; at < 300; at++) assert.equal(outcome(wrong, address), 'TOKEN_INVALID');
  });

  it('holds up no token of a subject that was good from there before, and is not who shows what has expired', async () => {
    const [key, stranger] = [await createSigningKey('one'), await createSigningKey('one')];
    await using server = await serve((_, answer) => answer.end(JSON.stringify({ keys: [key.jwk] })));
    const identity = {
      keys: false,
      jwt: [issuerOf(server.url)],
      certificates: [],
      anonymous: undefined,
      throttle: spec,
    };
    const authenticate = createAuthenticate(identity, { keys: () => new Map(), now: () => noon });
    const outcome = async (token: string): Promise<string> => {
      try {
        return (await authenticate({ ...bearer(token), address: here })).id;
      } catch (error) {
        return (error as { reason: string }).reason;
      }
    };
    const { id: alice } = await authenticate({ ...bearer(await sign(key)), address: here });
    for (let at = 0; at < 5; at++)
      assert.equal(await outcome(await sign(key, { sub: 'late', exp: noonSeconds - 100 - at })), 'TOKEN_EXPIRED');
    assert.equal(await outcome(await sign(key, { sub: 'carol' })), 'jwt:https://issuer.example#carol');
    for (let at = 0; at < 3; at++) assert.equal(await outcome(await sign(stranger, { jti: `${at}` })), 'TOKEN_INVALID');
    assert.equal(await outcome(await sign(key, { sub: 'bob' })), 'AUTHENTICATION_THROTTLED');
    assert.equal(await outcome('no.token.atall'), 'AUTHENTICATION_THROTTLED');
    assert.equal(await outcome(await sign(key, { jti: 'another' })), alice);
  });

  it('is nobody with a certificate that is refused', () => {
    const identity = {
      keys: true,
      jwt: [],
      certificates: [{ subject: 'reader', tenant: 'acme', roles: [], models: [] }],
      anonymous: undefined,
      throttle: spec,
    };
    const authenticate = createAuthenticate(identity, { keys: () => new Map(), now: () => noon });
    const certificate = { commonName: 'writer', alternativeNames: [], fingerprint: 'ab', expiresAt: noon + 1 };
    const reasonOf = (shown: object): string => {
      try {
        return (authenticate({ ...nothingShown, ...shown, address: here }) as Principal).id;
      } catch (error) {
        return (error as { reason: string }).reason;
      }
    };
    for (let at = 0; at < 5; at++) assert.equal(reasonOf({ certificate }), 'TOKEN_INVALID');
    assert.equal(reasonOf({ apiKey: 'sheaf_x' }), 'TOKEN_INVALID');
  });

  it('is one with its whole /64', () => {
    const { outcome, wrong } = setUp();
    for (const host of ['1', '2', 'ffff:1']) outcome(wrong, `2001:db8:0:1::${host}`);
    assert.match(outcome(wrong, '2001:db8:0:1::9'), /^RESOURCE_EXHAUSTED/);
    assert.equal(outcome(wrong, '2001:db8:0:2::9'), 'TOKEN_INVALID');
  });

  it('is let be where that is switched off, and a thousand times without more', () => {
    const off = setUp(false);
    const usual = setUp(throttleDefault);
    for (let at = 0; at < 1_000; at++) {
      assert.equal(off.outcome(off.wrong, here), 'TOKEN_INVALID');
      assert.equal(usual.outcome(usual.wrong, here), 'TOKEN_INVALID');
    }
    assert.equal(off.outcome(off.wrong, here), 'TOKEN_INVALID');
    assert.match(usual.outcome('sheaf_x', here), /^RESOURCE_EXHAUSTED/);
  });

  it('takes a bounded part of the memory', () => {
    const book = createFailureBook();
    const throttle = createThrottle(spec, book, () => noon);
    for (let at = 0; at < failingMax + 500; at++) throttle.failed(`2001:db8:${at.toString(16)}::1`);
    assert.equal(book.addresses.size, failingMax);
  });
});
