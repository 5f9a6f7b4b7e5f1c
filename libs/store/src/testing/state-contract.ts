/** What every adapter of the state promises, whatever it is kept in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { State } from '../state.ts';
import { keysContract } from './keys-contract.ts';
import { aKey, anEntry, hostileTexts, refusal, type WithState } from './state-samples.ts';

export function stateContract(name: string, open: (now: () => number) => Promise<State>): void {
  const withState = (test: (state: State, clock: { now: number }) => Promise<void>) => async () => {
    const clock = { now: 1_000 };
    const state = await open(() => clock.now);
    try {
      await test(state, clock);
    } finally {
      await state.close();
    }
  };
  describe(`${name}: keys`, () => keysContract(withState));
  describe(`${name}: audit`, () => auditContract(withState));
  describe(`${name}: quotas`, () => quotasContract(withState));
  describe(`${name}: the whole`, () => wholeContract(withState));
}

function auditContract(withState: WithState): void {
  it(
    'numbers entries from 1 and chains their hashes',
    withState(async ({ audit }) => {
      const first = await audit.append(anEntry('a'));
      const second = await audit.append(anEntry('a'));
      assert.deepEqual([first.sequence, second.sequence], [1, 2]);
      assert.notEqual(first.hash, second.hash);
      // Computed apart: printf '["0000...",1,1000,"key:ops","keys.create","a","created"]' | sha256sum
      assert.equal(first.hash, 'e866cf45624cd3583e9f25102118726639ca2b706c46a1e29f0287912487461a');
      assert.deepEqual(await audit.entries(0, 10), [first, second]);
    }),
  );

  it(
    'tells where the log ends, and that it has come to end elsewhere',
    withState(async ({ audit, onAuditChanged }) => {
      assert.deepEqual(await audit.head(), { sequence: 0, hash: '0'.repeat(64) });
      const told = Promise.withResolvers<void>();
      onAuditChanged(told.resolve);
      const { sequence, hash } = await audit.append(anEntry('a'));
      await told.promise;
      assert.deepEqual(await audit.head(), { sequence, hash });
    }),
  );

  it(
    'answers pages',
    withState(async ({ audit }) => {
      for (const subject of ['a', 'b', 'c']) await audit.append(anEntry(subject));
      const subjects = async (after: number, limit: number) =>
        (await audit.entries(after, limit)).map(({ subject }) => subject).join('');
      assert.equal(await subjects(0, 2), 'ab');
      assert.equal(await subjects(2, 2), 'c');
      assert.equal(await subjects(3, 1_000), '');
      await assert.rejects(audit.entries(0, 1_001), refusal('INVALID_ARGUMENT', 'STATE_INVALID'));
      await assert.rejects(audit.entries(-1, 1), refusal('INVALID_ARGUMENT', 'STATE_INVALID'));
    }),
  );

  it(
    'finds a chain whole that is empty, of one page exactly, and of several',
    withState(async ({ audit }) => {
      assert.equal(await audit.verify(), undefined);
      await Promise.all(Array.from({ length: 500 }, (_, index) => audit.append(anEntry(`${index}`))));
      assert.equal(await audit.verify(), undefined);
      await Promise.all(Array.from({ length: 501 }, (_, index) => audit.append(anEntry(`${index}`))));
      assert.equal(await audit.verify(), undefined);
      assert.equal((await audit.entries(1_000, 10)).length, 1);
    }),
  );

  it(
    'stores every text verbatim, and the chain holds over it',
    withState(async ({ audit }) => {
      for (const text of hostileTexts)
        await audit.append({ at: 0, actor: text, action: text, subject: text, detail: text });
      const stored = await audit.entries(0, 100);
      for (const field of ['actor', 'action', 'subject', 'detail'] as const)
        assert.deepEqual(
          stored.map((entry) => entry[field]),
          hostileTexts,
        );
      assert.equal(await audit.verify(), undefined);
    }),
  );

  it(
    'refuses a detail that is too long, and appends nothing',
    withState(async ({ audit }) => {
      const entry = { ...anEntry('a'), detail: 'x'.repeat(4_097) };
      await assert.rejects(audit.append(entry), refusal('INVALID_ARGUMENT', 'STATE_INVALID'));
      assert.equal((await audit.append({ ...entry, detail: 'x'.repeat(4_096) })).sequence, 1);
    }),
  );
}

function quotasContract(withState: WithState): void {
  it(
    'grants as far as the maximum allows',
    withState(async ({ quotas }) => {
      assert.equal(await quotas.reserve('k', 'may', 7, 10), 7);
      assert.equal(await quotas.reserve('k', 'may', 7, 10), 3);
      assert.equal(await quotas.reserve('k', 'may', 7, 10), 0);
      assert.equal(await quotas.used('k', 'may'), 10);
    }),
  );

  it(
    'grants nothing, and takes nothing back, when the maximum has become smaller',
    withState(async ({ quotas }) => {
      await quotas.reserve('k', 'may', 10, 10);
      assert.equal(await quotas.reserve('k', 'may', 5, 4), 0);
      assert.equal(await quotas.used('k', 'may'), 10);
      assert.equal(await quotas.reserve('new', 'may', 5, 0), 0);
    }),
  );

  it(
    'gives back, but never below nothing',
    withState(async ({ quotas }) => {
      await quotas.reserve('k', 'may', 10, 10);
      await quotas.giveBack('k', 'may', 4);
      assert.equal(await quotas.used('k', 'may'), 6);
      await quotas.giveBack('k', 'may', 100);
      await quotas.giveBack('nobody', 'may', 100);
      assert.equal(await quotas.used('k', 'may'), 0);
      assert.equal(await quotas.used('nobody', 'may'), 0);
    }),
  );

  it(
    'keeps keys and windows apart, whatever they are called',
    withState(async ({ quotas }) => {
      for (const [index, text] of hostileTexts.entries()) await quotas.reserve(text, text, index + 1, 100);
      for (const [index, text] of hostileTexts.entries()) assert.equal(await quotas.used(text, text), index + 1);
      await quotas.reserve('a', 'bc', 1, 9);
      assert.equal(await quotas.used('ab', 'c'), 0);
    }),
  );

  it(
    'grants the maximum exactly when many ask at once, in whole and in broken amounts',
    withState(async ({ quotas }) => {
      const sum = async (amount: number, max: number) => {
        const asked = Array.from({ length: 300 }, () => quotas.reserve(`by ${amount}`, 'may', amount, max));
        return (await Promise.all(asked)).reduce((total, granted) => total + granted, 0);
      };
      assert.equal(await sum(7, 1_000), 1_000);
      assert.equal(await sum(0.25, 10.5), 10.5);
      assert.equal(await sum(2 ** 52, Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
    }),
  );

  it(
    'refuses amounts that are none',
    withState(async ({ quotas }) => {
      for (const amount of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(quotas.reserve('k', 'may', amount, 10), refusal('INVALID_ARGUMENT', 'STATE_INVALID'));
        await assert.rejects(quotas.giveBack('k', 'may', amount), refusal('INVALID_ARGUMENT', 'STATE_INVALID'));
      }
    }),
  );

  it(
    'forgets a window that nobody has used for 40 days, and no other',
    withState(async ({ quotas }, clock) => {
      const day = 86_400_000;
      await quotas.reserve('k', 'old', 1, 10);
      clock.now += day;
      await quotas.reserve('k', 'month', 1, 10);
      clock.now += 39.5 * day;
      await quotas.reserve('k', 'now', 1, 10);
      assert.equal(await quotas.used('k', 'old'), 0);
      assert.equal(await quotas.used('k', 'month'), 1);
      assert.equal(await quotas.used('k', 'now'), 1);
    }),
  );
}

function wholeContract(withState: WithState): void {
  it(
    'tells of changed keys before who changed them hears of it, and of nothing else',
    withState(async ({ keys, audit, quotas, onKeysChanged }) => {
      let rings = 0;
      const end = onKeysChanged(() => {
        rings += 1;
      });
      await audit.append(anEntry('a'));
      await quotas.reserve('k', 'may', 1, 10);
      await keys.revoke('nobody', 1);
      assert.equal(rings, 0);
      await keys.add(aKey('a'));
      assert.equal(rings, 1);
      await keys.revoke('a', 1);
      assert.equal(rings, 2);
      end();
      await keys.add(aKey('b'));
      assert.equal(rings, 2);
    }),
  );

  it(
    'does what was asked before it closes, and nothing after',
    withState(async (state) => {
      const asked = Array.from({ length: 20 }, (_, index) => state.audit.append(anEntry(`${index}`)));
      await Promise.all([state.close(), state.close()]);
      assert.deepEqual(
        (await Promise.all(asked)).map(({ sequence }) => sequence),
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
      await assert.rejects(state.keys.list(), refusal('FAILED_PRECONDITION', 'STATE_CLOSED'));
    }),
  );
}
