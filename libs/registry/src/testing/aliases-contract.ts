/** What is promised of aliases. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Signature } from '@sheaf/inference';
import type { RegistryStore } from '../registry-store.ts';
import { aManifest, aMove, aVersion, refusal, type WithStore } from './samples.ts';

async function withVersions(store: RegistryStore, count = 3): Promise<void> {
  for (let index = 1; index <= count; index++) await store.addVersion(aVersion(`${index}`));
}

export function aliasesContract(withStore: WithStore): void {
  it(
    'moves an alias for whoever knows its epoch, and for nobody else',
    withStore(async (store, clock) => {
      await withVersions(store);
      clock.now = 2_000;
      const { name, alias, by, why } = aMove(1, 0);
      const made = { name, alias, by, why, from: undefined, to: 1, epoch: 1, atMs: 2_000, evidence: '', force: false };
      assert.deepEqual(await store.moveAlias(aMove(1, 0)), made);
      assert.equal((await store.moveAlias(aMove(2, 1))).from, 1);
      const taken = refusal('FAILED_PRECONDITION', 'ALIAS_MOVED', /want epoch 2, got 1; nothing was changed/);
      await assert.rejects(store.moveAlias(aMove(3, 1)), taken);
      const [record] = await store.aliasesOf('digits');
      assert.deepEqual([record?.version, record?.epoch, record?.frozen], [2, 2, false]);
      assert.equal(record?.digest, (await store.getVersion('digits', 2))?.digest);
    }),
  );

  it(
    'lets one of many win who move at once',
    withStore(async (store) => {
      await withVersions(store);
      const moves = Array.from({ length: 16 }, (_, index) =>
        store.moveAlias(aMove((index % 3) + 1, 0, { by: `op${index}` })),
      );
      const settled = await Promise.allSettled(moves);
      assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const result of settled)
        if (result.status === 'rejected') refusal('FAILED_PRECONDITION', 'ALIAS_MOVED')(result.reason);
      assert.equal((await store.history('digits')).length, 1);
    }),
  );

  it(
    'goes on counting after an alias was removed, so that nobody moves it by an epoch from before',
    withStore(async (store) => {
      await withVersions(store);
      await store.moveAlias(aMove(1, 0));
      const removed = await store.moveAlias(aMove(undefined, 1));
      assert.deepEqual([removed.from, removed.to, removed.epoch], [1, undefined, 2]);
      assert.deepEqual(await store.aliasesOf('digits'), []);
      assert.equal(await store.aliasEpoch('digits', 'champion'), 2);
      await assert.rejects(store.moveAlias(aMove(1, 0)), refusal('FAILED_PRECONDITION', 'ALIAS_MOVED'));
      assert.equal((await store.moveAlias(aMove(3, 2))).epoch, 3);
      assert.equal(await store.aliasEpoch('digits', 'challenger'), 0);
    }),
  );

  it(
    'tells where an alias led at any time',
    withStore(async (store, clock) => {
      await withVersions(store);
      for (const [at, to, epoch] of [
        [2_000, 1, 0],
        [3_000, 2, 1],
        [3_000, 3, 2],
        [4_000, undefined, 3],
      ] as const) {
        clock.now = at;
        await store.moveAlias(aMove(to, epoch));
      }
      const at = async (ms: number) => (await store.aliasAt('digits', 'champion', ms))?.version;
      assert.deepEqual(
        [
          await at(0),
          await at(1_999),
          await at(2_000),
          await at(2_999),
          await at(3_000),
          await at(3_999),
          await at(4_000),
        ],
        [undefined, undefined, 1, 1, 3, 3, undefined],
      );
      assert.equal(await store.aliasAt('digits', 'shadow', 9_999), undefined);
    }),
  );

  it(
    'has the history of each alias, the newest first, without a gap, in pages',
    withStore(async (store) => {
      await withVersions(store);
      await store.addVersion(aVersion('1', { name: 'digits-2' }));
      for (const [to, epoch] of [
        [1, 0],
        [2, 1],
        [3, 2],
      ] as const)
        await store.moveAlias(aMove(to, epoch));
      await store.moveAlias(aMove(1, 0, { alias: 'champion-2' }));
      await store.moveAlias(aMove(1, 0, { name: 'digits-2' }));
      const history = await store.history('digits', { alias: 'champion' });
      assert.deepEqual(
        history.map(({ epoch, from, to }) => [epoch, from, to]),
        [
          [3, 2, 3],
          [2, 1, 2],
          [1, undefined, 1],
        ],
      );
      const [newest] = await store.history('digits', { limit: 1 });
      assert.equal(newest?.alias, 'champion-2');
      const rest = await store.history('digits', { beforeSequence: newest?.sequence ?? 0 });
      assert.deepEqual(rest, history);
    }),
  );

  it(
    'does not move what is frozen, nor any alias of an entry that is',
    withStore(async (store) => {
      await withVersions(store);
      await store.moveAlias(aMove(1, 0));
      const freeze = { name: 'digits', by: 'key:ops', why: 'holidays' };
      const frozen = refusal('FAILED_PRECONDITION', 'ALIAS_FROZEN');
      await store.setFrozen({ ...freeze, alias: 'champion', frozen: true });
      assert.equal((await store.aliasesOf('digits'))[0]?.frozen, true);
      await assert.rejects(store.moveAlias(aMove(2, 1)), frozen);
      await store.moveAlias(aMove(2, 0, { alias: 'challenger' }));
      await store.setFrozen({ ...freeze, frozen: true });
      await store.setFrozen({ ...freeze, alias: 'champion', frozen: false });
      await assert.rejects(store.moveAlias(aMove(2, 1)), frozen);
      await assert.rejects(store.moveAlias(aMove(2, 0, { alias: 'new' })), frozen);
      assert.equal((await store.getEntry('digits'))?.frozen, true);
      await store.setFrozen({ ...freeze, frozen: false });
      await store.moveAlias(aMove(2, 1));
      await assert.rejects(
        store.setFrozen({ ...freeze, name: 'nothing', frozen: true }),
        refusal('NOT_FOUND', 'ENTRY_NOT_FOUND'),
      );
    }),
  );

  it(
    'leads to no version that callers of the one before cannot use, unless it is forced',
    withStore(async (store) => {
      const tensor = (name: string, dims: number[]) => ({ name, datatype: 'FP32', shape: dims }) as const;
      const taking = (...inputs: string[]): Signature => ({
        inputs: inputs.map((name) => tensor(name, [-1, 4])),
        outputs: [tensor('y', [-1, 1])],
      });
      const add = (text: string, signature: Signature) =>
        store.addVersion(aVersion('', { manifest: aManifest(text, { signature }) }));
      await add('1', taking('x'));
      await add('2', taking('x', 'z'));
      await add('3', { ...taking('x'), outputs: [tensor('y', [-1, 1]), tensor('extra', [1])] });
      await store.moveAlias(aMove(1, 0));
      await assert.rejects(
        store.moveAlias(aMove(2, 1)),
        refusal('FAILED_PRECONDITION', 'SIGNATURE_DIFFERS', /input "z" is new/),
      );
      await store.moveAlias(aMove(3, 1));
      const forced = await store.moveAlias(aMove(2, 2, { force: true }));
      assert.deepEqual([forced.force, (await store.history('digits'))[0]?.force], [true, true]);
    }),
  );

  it(
    'refuses what is no alias of an entry, and says where',
    withStore(async (store) => {
      await withVersions(store, 1);
      for (const alias of ['', '1', '7up', 'Champion', '../x', 'a/b', 'a'.repeat(64), 'é', 'a\0'])
        await assert.rejects(
          store.moveAlias(aMove(1, 0, { alias })),
          refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^alias: want/),
        );
      for (const to of [0, -1, 1.5, 2 ** 63, Number.NaN])
        await assert.rejects(
          store.moveAlias(aMove(to, 0)),
          refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^to: want/),
        );
      await assert.rejects(store.moveAlias(aMove(1, 0, { name: 'nothing' })), refusal('NOT_FOUND', 'ENTRY_NOT_FOUND'));
      await store.moveAlias(aMove(1, 0, { alias: 'a'.repeat(63), why: '__proto__', evidence: "'; DROP TABLE" }));
    }),
  );
}
