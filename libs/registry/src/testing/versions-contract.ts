/** What is promised of versions. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { digestOf, type Pin } from '../manifest.ts';
import { aManifest, aMove, aVersion, refusal, sha256Of, type WithStore } from './samples.ts';

const numbers = (versions: readonly { readonly version: number }[]): number[] => versions.map(({ version }) => version);
const gone = { by: 'key:ops', why: 'old' };

export function versionsContract(withStore: WithStore): void {
  it(
    'numbers versions of an entry from 1, and knows each by number and digest',
    withStore(async (store, clock) => {
      const trial = { loads: true, seconds: 0.25 };
      const { record: first, added } = await store.addVersion(aVersion('a', { trial }));
      clock.now = 2_000;
      const { record: second } = await store.addVersion(aVersion('b'));
      const { record: other } = await store.addVersion(aVersion('a', { name: 'other' }));
      assert.equal(added, true);
      assert.deepEqual(first, {
        ...{ name: 'digits', kind: 'model', version: 1, digest: digestOf(aManifest('a')), manifest: aManifest('a') },
        ...{ createdAtMs: 1_000, by: 'key:ops', state: 'ready', why: '', trial, signatures: [] },
      });
      assert.deepEqual([second.version, second.createdAtMs, other.version], [2, 2_000, 1]);
      assert.deepEqual(await store.getVersion('digits', 1), first);
      assert.deepEqual(await store.getVersion('digits', second.digest), second);
      assert.equal(await store.getVersion('digits', 3), undefined);
      assert.equal(await store.getVersion('nothing', 1), undefined);
      assert.equal(await store.getVersion('other', second.digest), undefined);
    }),
  );

  it(
    'answers the version that is there for the same manifest, however its lists are ordered',
    withStore(async (store) => {
      const files = ['b', 'a'].map((path) => ({ path, sizeBytes: 1, sha256: sha256Of(path) }));
      const { record } = await store.addVersion(aVersion('', { manifest: aManifest('', { files }) }));
      const turned = aManifest('', { files: files.toReversed() });
      assert.deepEqual(await store.addVersion(aVersion('', { manifest: turned })), { record, added: false });
      assert.deepEqual(numbers(await store.listVersions('digits')), [1]);
    }),
  );

  it(
    'adds one version when many push the same at once, and numbers without a gap when they push others',
    withStore(async (store) => {
      const same = await Promise.all(Array.from({ length: 20 }, () => store.addVersion(aVersion('a'))));
      assert.deepEqual(
        [same.filter(({ added }) => added).length, new Set(same.map(({ record }) => record.version))],
        [1, new Set([1])],
      );
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.addVersion(aVersion(`${index}`))));
      const all = await store.listVersions('digits', { limit: 1_000 });
      assert.deepEqual(
        numbers(all),
        Array.from({ length: 21 }, (_, index) => index + 1),
      );
    }),
  );

  it(
    'answers pages of versions and of entries',
    withStore(async (store) => {
      for (const text of ['a', 'b', 'c']) await store.addVersion(aVersion(text));
      for (const name of ['Zebra', 'alpha', 'under_score', 'under-score'])
        await store.addVersion(aVersion('a', { name }));
      assert.deepEqual(numbers(await store.listVersions('digits', { limit: 2 })), [1, 2]);
      assert.deepEqual(numbers(await store.listVersions('digits', { after: 2 })), [3]);
      const names = async (page?: { after?: string; limit?: number }) =>
        (await store.listEntries(page)).map(({ name }) => name);
      // By their bytes, whatever a database is told of languages.
      assert.deepEqual(await names(), ['Zebra', 'alpha', 'digits', 'under-score', 'under_score']);
      assert.deepEqual(await names({ after: 'alpha', limit: 2 }), ['digits', 'under-score']);
      await assert.rejects(store.listVersions('digits', { limit: 0 }), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID'));
    }),
  );

  it(
    'refuses a name that differs in case only, and one of another kind',
    withStore(async (store) => {
      await store.addVersion(aVersion('a'));
      await assert.rejects(
        store.addVersion(aVersion('a', { name: 'Digits' })),
        refusal('FAILED_PRECONDITION', 'NAME_TAKEN', /"Digits" differs only in case from "digits"/),
      );
      const pipeline = aManifest('a', { kind: 'pipeline' });
      await assert.rejects(
        store.addVersion(aVersion('a', { manifest: pipeline })),
        refusal('FAILED_PRECONDITION', 'KIND_DIFFERS', /is a model/),
      );
      assert.equal((await store.listEntries()).length, 1);
    }),
  );

  it(
    'quarantines and releases, and quarantines all that have a file',
    withStore(async (store) => {
      await store.addVersion(aVersion('a', { state: 'quarantined', why: 'has NaN' }));
      await store.addVersion(aVersion('b'));
      await store.addVersion(aVersion('b', { name: 'other' }));
      const first = await store.getVersion('digits', 1);
      assert.deepEqual([first?.state, first?.why], ['quarantined', 'has NaN']);
      const place = { name: 'digits', version: 1, by: 'key:ops', why: 'tried again' };
      assert.equal(await store.release({ ...place, trial: { nan: false } }), true);
      assert.equal(await store.release(place), false);
      const released = await store.getVersion('digits', 1);
      assert.deepEqual([released?.state, released?.why, released?.trial], ['ready', '', { nan: false }]);
      assert.deepEqual(await store.quarantineFile(sha256Of('b'), { by: 'registry', why: 'damaged' }), [
        { name: 'digits', version: 2 },
        { name: 'other', version: 1 },
      ]);
      assert.deepEqual(await store.quarantineFile(sha256Of('b'), { by: 'registry', why: 'damaged' }), []);
      assert.equal((await store.getVersion('digits', 2))?.why, 'damaged');
      await assert.rejects(
        store.moveAlias(aMove(2, 0)),
        refusal('FAILED_PRECONDITION', 'VERSION_NOT_READY', /is quarantined: damaged/),
      );
      await assert.rejects(store.quarantine({ ...place, version: 9 }), refusal('NOT_FOUND', 'VERSION_NOT_FOUND'));
    }),
  );

  it(
    'keeps signatures in order, each once',
    withStore(async (store) => {
      await store.addVersion(aVersion('a'));
      for (const bundle of ['{"b":1}', '{"a":2}', '{"b":1}'])
        await store.addSignature({ name: 'digits', version: 1 }, bundle, 'key:ops');
      assert.deepEqual((await store.getVersion('digits', 1))?.signatures, ['{"b":1}', '{"a":2}']);
    }),
  );

  it(
    'deletes a version, gives its number to no other, and forgets its files',
    withStore(async (store) => {
      await store.addVersion(aVersion('a'));
      await store.addVersion(aVersion('b'));
      assert.deepEqual(
        await store.filesInUse([sha256Of('a'), sha256Of('b'), sha256Of('c')]).then((all) => all.toSorted()),
        [sha256Of('a'), sha256Of('b')].toSorted(),
      );
      assert.deepEqual(await store.entriesWith([sha256Of('a'), sha256Of('c')]), [
        { sha256: sha256Of('a'), name: 'digits' },
      ]);
      // A file counts for whoever brought it first.
      await store.addVersion(aVersion('a', { name: 'other', by: 'key:other' }));
      assert.deepEqual([await store.bytesBy('key:ops'), await store.bytesBy('key:other')], [2, 0]);
      assert.equal(await store.deleteVersion({ name: 'digits', version: 2, ...gone }), true);
      assert.equal(await store.deleteVersion({ name: 'digits', version: 2, ...gone }), false);
      assert.deepEqual(await store.filesInUse([sha256Of('a'), sha256Of('b')]), [sha256Of('a')]);
      assert.equal(await store.bytesBy('key:ops'), 1);
      const deleted = await store.getVersion('digits', 2);
      assert.deepEqual([deleted?.state, deleted?.why, deleted?.manifest], ['deleted', 'old', aManifest('b')]);
      const { record, added } = await store.addVersion(aVersion('b'));
      assert.deepEqual([record.version, added], [3, true]);
      assert.equal((await store.getVersion('digits', record.digest))?.version, 3);
    }),
  );

  it(
    'deletes nothing that an alias, a child, a pipeline or a rollout needs',
    withStore(async (store) => {
      for (const text of ['a', 'b', 'c', 'd']) await store.addVersion(aVersion(text));
      const digest = (text: string): string => digestOf(aManifest(text));
      await store.addVersion(aVersion('', { manifest: aManifest('e', { parent: digest('b') }) }));
      const pins: Pin[] = [{ name: 'digits', digest: digest('c') }];
      await store.addVersion(aVersion('', { name: 'flow', manifest: aManifest('p', { kind: 'pipeline', pins }) }));
      await store.moveAlias(aMove(1, 0, { alias: 'mine' }));
      const started = await store.startRollout({
        ...{ name: 'digits', slot: 'traffic', versions: [4], spec: {}, state: 'on', step: 0, reason: '', by: 'x' },
      });
      for (const [version, why] of [
        [1, /alias "mine" leads to it/],
        [2, /"digits" version 5 was made from it/],
        [3, /pipeline "flow" version 1 pins it/],
        [4, /a rollout/],
      ] as const)
        await assert.rejects(
          store.deleteVersion({ name: 'digits', version, ...gone }),
          refusal('FAILED_PRECONDITION', 'VERSION_IN_USE', why),
        );
      await store.changeRollout({ ...started, expectedEpoch: 1, ended: true, by: 'x' });
      assert.equal(await store.deleteVersion({ name: 'digits', version: 4, ...gone }), true);
      await store.deleteVersion({ name: 'flow', version: 1, ...gone });
      assert.equal(await store.deleteVersion({ name: 'digits', version: 3, ...gone }), true);
    }),
  );

  it(
    'deletes by policy: what was promoted stays, its parents, the newest, and one of each hour',
    withStore(async (store, clock) => {
      const minute = 60_000;
      for (let index = 1; index <= 10; index++) {
        clock.now = index * 25 * minute;
        const parent = index === 5 ? { parent: digestOf(aManifest('2')) } : {};
        await store.addVersion(aVersion('', { manifest: aManifest(`${index}`, parent) }));
      }
      await store.moveAlias(aMove(5, 0));
      await store.moveAlias(aMove(7, 1));
      // Hours end with versions 2, 4, 7, 9 and 10.
      assert.deepEqual(
        await store.deleteByPolicy('digits', { newest: 1, hourly: true }, { ...gone, dryRun: true }),
        [1, 3, 6, 8],
      );
      assert.deepEqual(await store.deleteByPolicy('digits', { newest: 2 }, { ...gone, dryRun: true }), [1, 3, 4, 6, 8]);
      assert.equal((await store.snapshot()).entries[0]?.versions.length, 10);
      assert.deepEqual(await store.deleteByPolicy('digits', {}, gone), [1, 3, 4, 6, 8, 9, 10]);
      assert.deepEqual(numbers((await store.snapshot()).entries[0]?.versions ?? []), [2, 5, 7]);
      await assert.rejects(store.deleteByPolicy('nothing', {}, gone), refusal('NOT_FOUND', 'ENTRY_NOT_FOUND'));
    }),
  );
}
