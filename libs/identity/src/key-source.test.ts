import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import { exportJWK } from 'jose';
import { fetchBytesMax, fetchTimeoutMs } from './fetch-text.ts';
import { createAuthenticate } from './index.ts';
import {
  coolDownAfterFailureMs,
  coolDownMs,
  createKeySources,
  keysFreshMs,
  keysStaleMaxMs,
  keysWaitMs,
} from './key-source.ts';
import {
  bearer,
  createSigningKey,
  createTestClock,
  issuerOf,
  noon,
  type SigningKey,
  serve,
  sign,
} from './testing/fake-issuer.ts';
import { createVerifiedTokens, verifiedTokensMax } from './verified-tokens.ts';

const one = await createSigningKey('one');
const two = await createSigningKey('two');
const good = bearer(await sign(one));
const unavailable = { code: 'UNAVAILABLE', reason: 'IDENTITY_UNAVAILABLE' };

/** A gateway and its issuer, whose keys and whose state a test changes; the first are fetched at once. */
async function setUp(keys: SigningKey[] = [one]) {
  const issuer = { keys, up: true, asked: 0, answer: undefined as RequestListener | undefined };
  const server = await serve((request, response) => {
    issuer.asked++;
    if (issuer.answer !== undefined) return issuer.answer(request, response);
    if (!issuer.up) return response.writeHead(503).end();
    response.end(JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) }));
  });
  const clock = createTestClock();
  const spec = { keys: true, jwt: [issuerOf(server.url)], certificates: [], anonymous: undefined };
  const told: string[] = [];
  const keySources = createKeySources({ clock, env: {}, log: (line) => told.push(line) });
  /** As a start and each reload do. */
  const open = () => createAuthenticate(spec, { keys: () => new Map(), now: () => noon, keySources });
  const authenticate = open();
  /** Asks until nothing is fetched any more: what is fetched on the side has then arrived. */
  const settled = async (isSo: () => boolean) => {
    for (let turn = 0; turn < 1_000 && !isSo(); turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(isSo());
  };
  const { url } = server;
  return {
    issuer,
    clock,
    open,
    authenticate,
    settled,
    told,
    url,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Whether that is an answer already; how a promise ends is then of no interest. */
function isSync(answer: unknown): boolean {
  if (answer instanceof Promise) answer.catch(() => undefined);
  return !(answer instanceof Promise);
}

describe('keys behind a URL', () => {
  it('are asked for before a token comes, and once for all who wait', async () => {
    await using house = await setUp();
    await house.settled(() => house.issuer.asked === 1);
    const principals = await Promise.all(Array.from({ length: 200 }, () => house.authenticate(good)));
    assert.equal(new Set(principals.map(({ id }) => id)).size, 1);
    assert.equal(house.issuer.asked, 1);
  });

  it('are asked for again when a token names a new one, but not more often than the cool-down allows', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate } = house;
    await authenticate(good);
    issuer.keys = [one, two];
    const next = bearer(await sign(two));
    clock.advance(coolDownMs - 1);
    await assert.rejects(async () => authenticate(next), { reason: 'TOKEN_INVALID' });
    assert.equal(issuer.asked, 1);
    clock.advance(1);
    await Promise.all(Array.from({ length: 50 }, () => authenticate(next)));
    assert.equal(issuer.asked, 2);
    for (let turn = 0; turn < 20; turn++) {
      const unknown = bearer(await sign(two, {}, { kid: `unknown-${turn}` }));
      await assert.rejects(async () => authenticate(unknown), { reason: 'TOKEN_INVALID' });
    }
    assert.equal(issuer.asked, 2);
  });

  it('that the issuer has taken back end what was verified with them', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate, settled } = house;
    await authenticate(good);
    issuer.keys = [two];
    clock.advance(keysFreshMs);
    assert.ok(isSync(authenticate(good)));
    assert.equal(issuer.asked, 1);
    clock.advance(1);
    assert.ok(isSync(authenticate(good)), 'it does not wait while newer keys are fetched');
    await settled(() => !isSync(authenticate(good)));
    await assert.rejects(async () => authenticate(good), { reason: 'TOKEN_INVALID' });
  });

  it('that have not changed keep what was verified with them', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate } = house;
    const principal = await authenticate(good);
    clock.advance(coolDownMs);
    const unknown = bearer(await sign(two));
    await assert.rejects(async () => authenticate(unknown), { reason: 'TOKEN_INVALID' });
    assert.equal(issuer.asked, 2);
    assert.equal(authenticate(good), principal);
  });

  it('are waited for when nobody has asked for long', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate } = house;
    await authenticate(good);
    issuer.keys = [two];
    clock.advance(keysWaitMs + 1);
    await assert.rejects(async () => authenticate(good), { reason: 'TOKEN_INVALID' });
  });

  it('stay for a day while the URL is down, without waiting for it', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate } = house;
    await authenticate(good);
    issuer.up = false;
    clock.advance(keysWaitMs + 1);
    assert.equal((await authenticate(good)).tenant, 'acme');
    assert.equal(issuer.asked, 2);
    assert.ok(isSync(authenticate(good)));
    clock.advance(keysStaleMaxMs - keysWaitMs - 1);
    assert.ok(isSync(authenticate(good)));
    clock.advance(1);
    await assert.rejects(async () => authenticate(good), unavailable);
    clock.advance(coolDownAfterFailureMs);
    issuer.up = true;
    assert.equal((await authenticate(good)).tenant, 'acme');
  });

  it('that nobody has yet make calls fail for now, and are asked for again soon', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate } = house;
    issuer.up = false;
    const refusals = Array.from({ length: 20 }, () =>
      assert.rejects(async () => authenticate(good), { ...unavailable, retryAfterMs: coolDownAfterFailureMs }),
    );
    await Promise.all(refusals);
    clock.advance(coolDownAfterFailureMs - 1);
    await assert.rejects(async () => authenticate(good), { ...unavailable, retryAfterMs: 1 });
    assert.equal(issuer.asked, 1);
    issuer.up = true;
    clock.advance(1);
    assert.equal((await authenticate(good)).tenant, 'acme');
  });

  it('that cannot be had are told once, and again when they can be', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate, told, url } = house;
    issuer.up = false;
    for (let turn = 0; turn < 3; turn++) {
      await assert.rejects(async () => authenticate(good), unavailable);
      clock.advance(coolDownAfterFailureMs);
    }
    issuer.up = true;
    await authenticate(good);
    assert.deepEqual(told, [
      `identity: the keys at ${url} cannot be had (want status 200, got 503); tokens that they sign are UNAVAILABLE until they can`,
      `identity: the keys at ${url} can be had again`,
    ]);
  });

  it('count on after a reload while the URL is down', async () => {
    await using house = await setUp();
    await house.authenticate(good);
    house.issuer.up = false;
    house.clock.advance(keysFreshMs);
    const reloaded = house.open();
    assert.equal((await reloaded(good)).tenant, 'acme');
  });

  it('are found by trying each that fits when the token does not name one, also one that is new', async () => {
    await using house = await setUp([two, one]);
    const { issuer, clock, authenticate } = house;
    const nameless = async (key: SigningKey) => bearer(await sign(key, {}, { kid: undefined }));
    const three = await createSigningKey('three');
    for (const key of [one, two]) assert.equal((await authenticate(await nameless(key))).tenant, 'acme');
    await assert.rejects(async () => authenticate(await nameless(three)), { reason: 'TOKEN_INVALID' });
    issuer.keys = [three];
    clock.advance(coolDownMs);
    assert.equal((await authenticate(await nameless(three))).tenant, 'acme');
    await assert.rejects(async () => authenticate(await nameless(one)), { reason: 'TOKEN_INVALID' });
  });

  it('that do not come in time are not waited for', async () => {
    await using house = await setUp();
    const { issuer, clock, authenticate, settled } = house;
    // Half an answer: the time counts to the end of the body.
    issuer.answer = (_, response) => response.write('{"keys":');
    const answered = assert.rejects(async () => authenticate(good), unavailable);
    await settled(() => issuer.asked === 1);
    clock.advance(fetchTimeoutMs);
    await answered;
  });

  const answers: [string, RequestListener][] = [
    [
      'a redirect, though the keys are where it leads to',
      ({ url }, response) => {
        if (url === '/keys') response.writeHead(302, { location: '/other' });
        response.end(JSON.stringify({ keys: [one.jwk] }));
      },
    ],
    [
      'a private key',
      async (_, response) => response.end(JSON.stringify({ keys: [one.jwk, await exportJWK(two.privateKey)] })),
    ],
    ['the status 404', (_, response) => response.writeHead(404).end(JSON.stringify({ keys: [one.jwk] }))],
    ['no JSON', (_, response) => response.end('<html>')],
    ['no key set', (_, response) => response.end('{"keys":{}}')],
    ['null', (_, response) => response.end('null')],
    ['an empty body', (_, response) => response.writeHead(204).end()],
    ['too much', (_, response) => response.end(JSON.stringify({ keys: [one.jwk], more: 'x'.repeat(fetchBytesMax) }))],
    ['bytes that are no text', (_, response) => response.end(Buffer.from([0x22, 0xff, 0x22]))],
    ['a cut connection', (_, response) => response.destroy()],
  ];
  for (const [what, answer] of answers) {
    it(`are not had from an answer with ${what}`, async () => {
      await using house = await setUp();
      house.issuer.answer = answer;
      await assert.rejects(async () => house.authenticate(good), unavailable);
    });
  }
});

it('remembers a bounded number of tokens, the latest', () => {
  const tokens = createVerifiedTokens(() => noon);
  const keys = (() => {}) as never;
  const source = { current: () => keys } as never;
  const principal = { id: 'jwt:alice' } as never;
  for (let at = 0; at < verifiedTokensMax + 100; at++) {
    tokens.set(`${at}`, { principal, keys, source, validFrom: 0, validUntil: noon + 1 });
  }
  assert.equal(tokens.size, verifiedTokensMax);
  assert.equal(tokens.get('99'), undefined);
  assert.equal(tokens.get('100'), principal);
});
