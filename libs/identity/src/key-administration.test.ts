import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { createMemoryState } from '@sheaf/store';
import { createAuthenticate, createKeyAdministration, type KeyRequest } from './index.ts';
import { noon, nothingShown } from './testing/fake-issuer.ts';

const day = 24 * 3_600_000;
const request: KeyRequest = { tenant: 'acme', roles: ['infer'], models: ['*'], note: '', expiresInMs: undefined };

/** Keys in memory, and the check of credentials that asks for them. */
function open(limits: { daysMax?: number } = {}) {
  const state = createMemoryState();
  let now = noon;
  const desk = createKeyAdministration({
    ...state,
    random: randomBytes,
    now: () => now,
    daysMax: () => limits.daysMax,
  });
  const opens = async (apiKey: string): Promise<boolean> => {
    const keys = new Map((await state.keys.list()).map((key) => [key.id, key]));
    const spec = { keys: true, keyDaysMax: limits.daysMax, jwt: [], certificates: [], anonymous: undefined };
    try {
      await createAuthenticate(spec, { keys: () => keys, now: () => now })({ ...nothingShown, apiKey });
      return true;
    } catch {
      return false;
    }
  };
  const trail = async () =>
    (await state.audit.entries(0, 100)).map(({ action, actor, subject }) => `${action} ${subject} by ${actor}`);
  return { state, desk, opens, trail, pass: (ms: number) => (now += ms) };
}

const refusal = (code: string, message: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

describe('the administration of keys', () => {
  it('makes, renews and takes back, each with its entry, which holds no secret', async () => {
    const { state, desk, trail, opens } = open();
    const { key, text } = await desk.create(request, 'ann');
    const rotated = await desk.rotate(key.id, { overlapMs: day, expiresInMs: undefined }, 'bob');
    await desk.revoke(key.id, 'eve');
    assert.deepEqual(await trail(), [
      `keys.create ${key.id} by ann`,
      `keys.rotate ${key.id} by bob`,
      `keys.revoke ${key.id} by eve`,
    ]);
    const entries = JSON.stringify(await state.audit.entries(0, 100));
    for (const shown of [text, rotated.text]) {
      assert.ok(!entries.includes(shown.slice(-43)));
      assert.equal(await opens(shown), false);
    }
  });

  it('lets the old secret count beside the new one until the overlap is over', async () => {
    const { desk, opens, pass } = open();
    const { key, text: old } = await desk.create(request, 'ann');
    const { text: renewed } = await desk.rotate(key.id, { overlapMs: day, expiresInMs: undefined }, 'ann');
    assert.notEqual(old, renewed);
    assert.deepEqual([await opens(old), await opens(renewed)], [true, true]);
    pass(day);
    assert.deepEqual([await opens(old), await opens(renewed)], [false, true]);
    const { text: third } = await desk.rotate(key.id, { overlapMs: 0, expiresInMs: undefined }, 'ann');
    assert.deepEqual([await opens(old), await opens(renewed), await opens(third)], [false, false, true]);
  });

  it('gives a rotated key as much time from now as it had, or what is asked for', async () => {
    const { desk, pass } = open();
    const { key } = await desk.create({ ...request, expiresInMs: 30 * day }, 'ann');
    pass(20 * day);
    const { key: again } = await desk.rotate(key.id, { overlapMs: 20 * day, expiresInMs: undefined }, 'ann');
    // The old secret never counts longer than it would have.
    assert.deepEqual([again.expiresAt, again.replacedUntil], [noon + 50 * day, noon + 30 * day]);
    const { key: longer } = await desk.rotate(key.id, { overlapMs: 0, expiresInMs: 60 * day }, 'ann');
    assert.equal(longer.expiresAt, noon + 80 * day);
  });

  it('refuses a key without an end, or with a late one, where policies want one, and ends those that are there', async () => {
    const limits: { daysMax?: number } = {};
    const { desk, pass } = open(limits);
    const { key: endless } = await desk.create(request, 'ann');
    limits.daysMax = 90;
    const wanted = /^expires: want an end within 90 days, as identity\.keys\.daysMax of policies\.yaml says, got /;
    await assert.rejects(desk.create(request, 'ann'), refusal('INVALID_ARGUMENT', wanted));
    await assert.rejects(
      desk.create({ ...request, expiresInMs: 91 * day }, 'ann'),
      refusal('INVALID_ARGUMENT', /got 91 days$/),
    );
    await desk.create({ ...request, expiresInMs: 90 * day }, 'ann');
    assert.deepEqual(
      (await desk.list()).map(({ expiresAt }) => expiresAt),
      [noon + 90 * day, noon + 90 * day],
    );
    await assert.rejects(
      desk.rotate(endless.id, { overlapMs: 0, expiresInMs: undefined }, 'ann'),
      refusal('INVALID_ARGUMENT', /got none$/),
    );
    pass(90 * day);
    await assert.rejects(
      desk.rotate(endless.id, { overlapMs: 0, expiresInMs: day }, 'ann'),
      refusal('FAILED_PRECONDITION', /^key \w+ expired on \S+; want a new one$/),
    );
  });

  it('says in a sentence what is wrong, and then changes nothing', async () => {
    const { desk, trail } = open();
    const { key } = await desk.create(request, 'ann');
    const rotation = { overlapMs: 0, expiresInMs: undefined };
    const cases: [() => Promise<unknown>, string, RegExp][] = [
      [() => desk.revoke('none\n', 'ann'), 'NOT_FOUND', /^there is no key "none\?"$/],
      [() => desk.rotate('none', rotation, 'ann'), 'NOT_FOUND', /^there is no key "none"$/],
      [
        () => desk.rotate(key.id, { ...rotation, overlapMs: 91 * day }, 'ann'),
        'INVALID_ARGUMENT',
        /^overlap: want 0 to 90 days$/,
      ],
      [() => desk.rotate(key.id, { ...rotation, overlapMs: Number.NaN }, 'ann'), 'INVALID_ARGUMENT', /^overlap: /],
      [() => desk.create({ ...request, expiresInMs: 0 }, 'ann'), 'INVALID_ARGUMENT', /^expires: want a time to come/],
      [() => desk.create({ ...request, roles: ['infer', 'admin'] }, 'ann'), 'INVALID_ARGUMENT', /^roles: /],
    ];
    for (const [act, code, message] of cases) await assert.rejects(act, refusal(code, message));
    assert.equal((await trail()).length, 1);
    await desk.revoke(key.id, 'ann');
    for (const act of [() => desk.revoke(key.id, 'ann'), () => desk.rotate(key.id, rotation, 'ann')])
      await assert.rejects(act, refusal('FAILED_PRECONDITION', /^key \w+ was revoked on \d{4}-/));
  });
});
