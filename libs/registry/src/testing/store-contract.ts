/** What every adapter of the registry's store promises, whatever it is kept in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RegistryStore } from '../registry-store.ts';
import { aliasesContract } from './aliases-contract.ts';
import { rolloutsContract } from './rollouts-contract.ts';
import { aMove, aVersion, hostileTexts, refusal, type WithStore } from './samples.ts';
import { versionsContract } from './versions-contract.ts';

export interface StoreContractOptions {
  /** False, or why it cannot be run. */
  readonly skip?: string | false;
  /** Opens a store that nobody has used before. */
  readonly open: (now: () => number) => Promise<RegistryStore>;
}

export function storeContract(name: string, { skip = false, open }: StoreContractOptions): void {
  const withStore: WithStore = (test) => async () => {
    const clock = { now: 1_000 };
    const store = await open(() => clock.now);
    try {
      await test(store, clock);
    } finally {
      await store.close();
    }
  };
  describe(`${name}: versions`, { skip }, () => versionsContract(withStore));
  describe(`${name}: aliases`, { skip }, () => aliasesContract(withStore));
  describe(`${name}: rollouts`, { skip }, () => rolloutsContract(withStore));
  describe(`${name}: audit`, { skip }, () => auditContract(withStore));
  describe(`${name}: watch`, { skip }, () => watchContract(withStore));
}

function auditContract(withStore: WithStore): void {
  it(
    'has an entry for each change, chained, with who, when and why',
    withStore(async (store, clock) => {
      await store.addVersion(aVersion('a'));
      clock.now = 2_000;
      await store.moveAlias(aMove(1, 0, { by: 'key:eve', why: 'faster', evidence: 'https://ci.example/7' }));
      await store.note({ actor: 'key:ops', action: 'push.begin', subject: 'digits', detail: '{}' });
      const entries = await store.audit(0, 10);
      assert.deepEqual(
        entries.map(({ sequence, at, actor, action, subject }) => [sequence, at, actor, action, subject]),
        [
          [1, 1_000, 'key:ops', 'version.add', 'digits'],
          [2, 2_000, 'key:eve', 'alias.move', 'digits/champion'],
          [3, 2_000, 'key:ops', 'push.begin', 'digits'],
        ],
      );
      const move = { from: null, to: 1, epoch: 1, why: 'faster', evidence: 'https://ci.example/7', force: false };
      assert.deepEqual(JSON.parse(entries[1]?.detail ?? ''), move);
      assert.deepEqual(await store.audit(1, 1), [entries[1]]);
      const { sequence, hash } = entries[2] ?? {};
      assert.deepEqual(await store.auditHead(), { sequence, hash });
      assert.equal(await store.verifyAudit(), undefined);
    }),
  );

  it(
    'has none for what was refused',
    withStore(async (store) => {
      await store.addVersion(aVersion('a'));
      await assert.rejects(store.moveAlias(aMove(2, 0)), refusal('NOT_FOUND', 'VERSION_NOT_FOUND'));
      await assert.rejects(store.moveAlias(aMove(1, 3)), refusal('FAILED_PRECONDITION', 'ALIAS_MOVED'));
      assert.equal((await store.audit(0, 10)).length, 1);
    }),
  );

  it(
    'takes no entry that history would be read from',
    withStore(async (store) => {
      const forged = { actor: 'key:eve', action: 'alias.move', subject: 'digits/champion', detail: '{}' };
      await assert.rejects(store.note(forged), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^action/));
    }),
  );

  it(
    'stores every text verbatim, and the chain holds over it',
    withStore(async (store) => {
      for (const text of hostileTexts) await store.note({ actor: text, action: text, subject: text, detail: text });
      const stored = await store.audit(0, 100);
      for (const field of ['actor', 'action', 'subject', 'detail'] as const)
        assert.deepEqual(
          stored.map((entry) => entry[field]),
          hostileTexts,
        );
      assert.equal(await store.verifyAudit(), undefined);
      const nul = { actor: 'a\0b', action: 'x', subject: 'x', detail: 'x' };
      await assert.rejects(store.note(nul), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^actor/));
    }),
  );

  it(
    'is never older than the change before, whatever a clock says',
    withStore(async (store, clock) => {
      clock.now = 5_000;
      await store.addVersion(aVersion('a'));
      clock.now = 4_000;
      await store.moveAlias(aMove(1, 0));
      assert.deepEqual(
        (await store.audit(0, 10)).map(({ at }) => at),
        [5_000, 5_000],
      );
    }),
  );
}

function watchContract(withStore: WithStore): void {
  it(
    'has an epoch that grows with what watchers must see, and tells of it before the answer',
    withStore(async (store) => {
      const epochs: number[] = [await store.epoch()];
      let rings = 0;
      const end = store.onChanged(() => {
        rings += 1;
      });
      const step = async (change: Promise<unknown>): Promise<void> => {
        const before = rings;
        await change;
        assert.equal(rings, before + 1);
        epochs.push(await store.epoch());
      };
      await step(store.addVersion(aVersion('a')));
      await step(store.moveAlias(aMove(1, 0)));
      await step(store.setFrozen({ name: 'digits', frozen: true, by: 'x', why: '' }));
      await step(store.quarantine({ name: 'digits', version: 1, by: 'x', why: 'ill' }));
      assert.deepEqual(epochs, [0, 1, 2, 3, 4]);
      await store.addVersion(aVersion('a'));
      await store.note({ actor: 'a', action: 'b', subject: 'c', detail: 'd' });
      assert.deepEqual([rings, await store.epoch()], [4, 4]);
      end();
      await store.addVersion(aVersion('b'));
      assert.equal(rings, 4);
    }),
  );

  it(
    'answers one view of everything, or of what changed after an epoch',
    withStore(async (store) => {
      await store.addVersion(aVersion('a'));
      await store.addVersion(aVersion('b'));
      await store.addVersion(aVersion('a', { name: 'other' }));
      const before = await store.epoch();
      await store.moveAlias(aMove(1, 0));
      await store.deleteVersion({ name: 'digits', version: 2, by: 'x', why: 'old' });
      const { epoch, entries } = await store.snapshot();
      assert.equal(epoch, await store.epoch());
      assert.deepEqual(
        entries.map(({ name, lastVersion }) => [name, lastVersion]),
        [
          ['digits', 2],
          ['other', 1],
        ],
      );
      const [digits] = entries;
      assert.deepEqual(
        digits?.versions.map(({ version, state }) => [version, state]),
        [[1, 'ready']],
      );
      assert.deepEqual(digits?.aliases, await store.aliasesOf('digits'));
      const later = await store.snapshot(before);
      assert.deepEqual(later, { epoch, entries: [digits] });
      assert.deepEqual(await store.snapshot(epoch), { epoch, entries: [] });
    }),
  );

  it(
    'does what was asked before it closes, and nothing after',
    withStore(async (store) => {
      const asked = Array.from({ length: 20 }, (_, index) => store.addVersion(aVersion(`${index}`)));
      await Promise.all(asked);
      await Promise.all([store.close(), store.close()]);
      await assert.rejects(store.epoch(), refusal('FAILED_PRECONDITION', 'REGISTRY_CLOSED'));
    }),
  );
}
