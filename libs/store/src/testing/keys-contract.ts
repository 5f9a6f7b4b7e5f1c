/** What every adapter of the state promises of keys. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ApiKey } from '../state.ts';
import { aKey, hostileTexts, refusal, type WithState } from './state-samples.ts';

export function keysContract(withState: WithState): void {
  it(
    'lists what was added, in that order, as it was',
    withState(async ({ keys }) => {
      const added = [aKey('b', { expiresAt: 5, roles: ['observe', 'admin'] }), aKey('a', { revokedAt: 0, models: [] })];
      for (const key of added) await keys.add(key);
      assert.deepEqual(await keys.list(), added);
    }),
  );

  it(
    'refuses an id that is taken, also by a revoked key, and keeps the first',
    withState(async ({ keys }) => {
      await keys.add(aKey('a'));
      await keys.revoke('a', 2_000);
      await assert.rejects(keys.add(aKey('a', { tenant: 'other' })), refusal('FAILED_PRECONDITION', 'KEY_EXISTS'));
      assert.deepEqual(await keys.list(), [aKey('a', { revokedAt: 2_000 })]);
    }),
  );

  it(
    'revokes once, and only what is there',
    withState(async ({ keys }) => {
      await keys.add(aKey('a'));
      assert.equal(await keys.revoke('a', 2_000), true);
      assert.equal(await keys.revoke('a', 3_000), false);
      assert.equal(await keys.revoke('__proto__', 3_000), false);
      assert.deepEqual(await keys.list(), [aKey('a', { revokedAt: 2_000 })]);
    }),
  );

  it(
    'gives a key another secret, beside which the one before counts for a time, and no older one',
    withState(async ({ keys }) => {
      const [first, second, third] = ['a1', 'b2', 'c3'].map((byte) => byte.repeat(32)) as [string, string, string];
      await keys.add(aKey('a', { secretHash: first }));
      assert.equal(await keys.rotate('a', { at: 2, secretHash: second, expiresAt: 9, replacedUntil: 5 }), true);
      const rotated = { secretHash: second, expiresAt: 9, rotatedAt: 2, replaced: { secretHash: first, until: 5 } };
      assert.deepEqual(await keys.list(), [aKey('a', rotated)]);
      await keys.rotate('a', { at: 3, secretHash: third, expiresAt: undefined, replacedUntil: 6 });
      const again = { secretHash: third, rotatedAt: 3, replaced: { secretHash: second, until: 6 } };
      assert.deepEqual(await keys.list(), [aKey('a', again)]);
    }),
  );

  it(
    'gives none to a key that is not there or revoked, and takes none for a hash that is no hash',
    withState(async ({ keys }) => {
      const rotation = { at: 2, secretHash: 'b2'.repeat(32), expiresAt: undefined, replacedUntil: 5 };
      assert.equal(await keys.rotate('a', rotation), false);
      await keys.add(aKey('a'));
      await assert.rejects(
        keys.rotate('a', { ...rotation, secretHash: 'mine' }),
        refusal('INVALID_ARGUMENT', 'STATE_INVALID'),
      );
      await keys.revoke('a', 3);
      assert.equal(await keys.rotate('a', rotation), false);
      assert.deepEqual(await keys.list(), [aKey('a', { revokedAt: 3 })]);
    }),
  );

  it(
    'keeps the latest use of each key, and of no other, which is no change of the keys',
    withState(async ({ keys, onKeysChanged }) => {
      await keys.add(aKey('a'));
      const before = await keys.generation();
      let rings = 0;
      onKeysChanged(() => {
        rings += 1;
      });
      await keys.noteUses([
        { id: 'a', at: 60_000 },
        { id: '__proto__', at: 60_000 },
      ]);
      await keys.noteUses([{ id: 'a', at: 1_000 }]);
      assert.deepEqual(await keys.list(), [aKey('a', { lastUsedAt: 60_000 })]);
      assert.deepEqual([rings, await keys.generation()], [0, before]);
      await keys.revoke('a', 3);
      assert.notEqual(await keys.generation(), before);
      const many = Array.from({ length: 1_001 }, () => ({ id: 'a', at: 1 }));
      await assert.rejects(keys.noteUses(many), refusal('INVALID_ARGUMENT', 'STATE_INVALID'));
    }),
  );

  it(
    'stores every text verbatim',
    withState(async ({ keys }) => {
      const hostile = hostileTexts.map((text) => aKey(text, { tenant: text, note: text, models: [text, '*'] }));
      await Promise.all(hostile.map((key) => keys.add(key)));
      assert.deepEqual(await keys.list(), hostile);
      for (const text of hostileTexts) assert.equal(await keys.revoke(text, 9), true);
    }),
  );

  it(
    'refuses what is not a key, and says where',
    withState(async ({ keys }) => {
      const wrong: [Partial<ApiKey>, RegExp][] = [
        [{ secretHash: 'my secret' }, /^secretHash: want 64 hex digits/],
        [{ note: 'x'.repeat(1_025) }, /^note: want at most 1024 characters, got 1025/],
        [{ tenant: '\ud83d' }, /^tenant: want well-formed Unicode/],
        [{ models: ['a', 'x'.repeat(257)] }, /^models\[1\]/],
        [{ models: Array.from({ length: 257 }, () => 'a') }, /^models: want at most 256 patterns/],
        [{ expiresAt: Number.NaN }, /^expiresAt/],
        [{ createdAt: 1.5 }, /^createdAt/],
      ];
      for (const [change, message] of wrong) {
        await assert.rejects(keys.add(aKey('a', change)), (error: Error) => {
          assert.match(error.message, message);
          return refusal('INVALID_ARGUMENT', 'STATE_INVALID')(error);
        });
      }
      await keys.add(aKey('a', { note: 'x'.repeat(1_024) }));
      assert.equal((await keys.list()).length, 1);
    }),
  );
}
