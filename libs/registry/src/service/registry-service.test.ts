import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { RegistryCalls, SnapshotMessage } from '@sheaf/transport';
import { downloadVersion } from '../client/download-version.ts';
import { championBefore, moveAlias } from '../client/move-alias.ts';
import { allEntries, allMoves, allVersions } from '../client/pages.ts';
import { pushVersion } from '../client/push-version.ts';
import { refusal } from '../testing/samples.ts';
import { fileOf, openTestService } from '../testing/service-samples.ts';

const push = (calls: RegistryCalls, name: string, content: string, said = {}) =>
  pushVersion(calls, { kind: 'model', name, files: [fileOf('model.onnx', content)], said });
const move = (to: string, alias = 'champion') => ({
  ...{ kind: 'model', name: 'digits', alias, to, why: 'better', evidence: '', force: false },
});

/** All that a stream answers. */
async function everything<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

/** A watch, told of one snapshot after the other until it is left. */
function watching(calls: RegistryCalls, afterEpoch = 0) {
  const snapshots = calls.watch({ afterEpoch })[Symbol.asyncIterator]();
  return {
    next: async (): Promise<SnapshotMessage> => (await snapshots.next()).value as SnapshotMessage,
    leave: async (): Promise<void> => void (await snapshots.return?.()),
  };
}

describe('the registry service', () => {
  it('takes a version, answers the same content as the same version, and tells who brought it', async () => {
    await using service = await openTestService();
    const ops = service.as('key:ops');
    const first = await push(ops, 'digits', 'one', { labels: { stage: 'test' }, metrics: { accuracy: 0.5 } });
    assert.deepEqual([first.created, first.version.version, first.version.by], [true, 1, 'key:ops']);
    const again = await push(service.as('key:other'), 'digits', 'one', {
      metrics: { accuracy: 0.5 },
      labels: { stage: 'test' },
    });
    assert.deepEqual([again.created, again.version], [false, first.version]);
    const second = await push(ops, 'digits', 'one');
    assert.deepEqual([second.created, second.version.version], [true, 2]);
    assert.deepEqual(first.version.manifest?.labels, { stage: 'test' });
    assert.deepEqual(
      (await allVersions(ops, { kind: 'model', name: 'digits' })).map(({ version }) => version),
      [2, 1],
    );
    const [entry] = await allEntries(ops, '');
    assert.deepEqual([entry?.name, entry?.versionCount, entry?.newest], ['digits', 2, 2]);
  });

  it('answers a version by number, alias and digest, and without any the champion, or else the newest', async () => {
    await using service = await openTestService();
    const calls = service.as('key:ops');
    const { version: one } = await push(calls, 'digits', 'one');
    await push(calls, 'digits', 'two');
    const numberOf = async (version: string) => (await calls.getVersion({ name: 'digits', version })).version;
    assert.equal(await numberOf(''), 2);
    await moveAlias(calls, move('1'));
    for (const text of ['', '1', 'champion', one.digest]) assert.equal(await numberOf(text), 1, text);
    for (const wrong of ['0', '-1', '01', '1.5', '1e3', '9223372036854775808', 'latest/../1', 'Champion'])
      await assert.rejects(numberOf(wrong), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^version: want /));
    for (const missing of ['3', 'challenger', `sha256:${'0'.repeat(64)}`])
      await assert.rejects(numberOf(missing), refusal('NOT_FOUND', 'VERSION_NOT_FOUND'));
    await assert.rejects(
      calls.getVersion({ kind: 'pipeline', name: 'digits' }),
      refusal('NOT_FOUND', 'ENTRY_NOT_FOUND', /^there is no pipeline "digits"/),
    );
  });

  it('moves an alias for one of two who saw it at the same place, and tells where it stood at a time', async () => {
    await using service = await openTestService();
    const [ann, bob] = [service.as('ann'), service.as('bob')];
    await push(ann, 'digits', 'one');
    await push(ann, 'digits', 'two');
    const both = await Promise.allSettled([
      ann.moveAlias({ ...move('1'), expectedEpoch: 0 }),
      bob.moveAlias({ ...move('2'), expectedEpoch: 0 }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const lost = both.find((one) => one.status === 'rejected');
    refusal('FAILED_PRECONDITION', 'ALIAS_MOVED')(lost?.reason);
    const atMs = Date.now();
    const { aliases } = await ann.listAliases({ name: 'digits' });
    const stood = aliases[0]?.version ?? 0;
    await moveAlias(ann, move(String(3 - stood)));
    const then = await ann.getAliasAt({ name: 'digits', alias: 'champion', atMs });
    assert.equal(then.version, stood);
    const moves = await allMoves(bob, { kind: 'model', name: 'digits', alias: '' });
    assert.deepEqual(
      moves.map(({ from, to, epoch }) => [from, to, epoch]),
      [
        [stood, 3 - stood, 2],
        [0, stood, 1],
      ],
    );
    assert.equal(championBefore(moves), stood);
  });

  it('shows nobody what their credential does not name', async () => {
    await using service = await openTestService();
    const [all, some] = [service.as('ann'), service.as('bob', ['iris*'])];
    await push(all, 'digits', 'one');
    await push(all, 'iris', 'two');
    assert.deepEqual(
      (await allEntries(some, '')).map(({ name }) => name),
      ['iris'],
    );
    const hidden = refusal('NOT_FOUND', 'ENTRY_NOT_FOUND');
    const asked = { kind: 'model', name: 'digits' };
    for (const call of ['getVersion', 'listVersions', 'listAliases', 'listHistory'] as const)
      await assert.rejects(some[call](asked), hidden);
    await assert.rejects(some.moveAlias({ ...move('1') }), hidden);
    await assert.rejects(push(some, 'digits', 'one'), hidden);
    await assert.rejects(everything(some.download({ ...asked, path: 'model.onnx' })), hidden);
    const canceller = new AbortController();
    for await (const { entries, isLast } of some.watch({}, canceller.signal)) {
      assert.deepEqual([entries.map(({ name }) => name), isLast], [['iris'], true]);
      break;
    }
    const { entries, brokenAt } = await some.listAudit({});
    assert.deepEqual([new Set(entries.map(({ subject }) => subject)), brokenAt], [new Set(['iris']), 0]);
  });

  it('tells a watcher what changed since the epoch that it saw last', async () => {
    await using service = await openTestService();
    const calls = service.as('ann');
    await push(calls, 'digits', 'one');
    await push(calls, 'iris', 'two');
    const watch = watching(calls);
    const whole = await watch.next();
    assert.deepEqual(
      whole.entries.map(({ name }) => name),
      ['digits', 'iris'],
    );
    await moveAlias(calls, move('1'));
    const changed = await watch.next();
    assert.deepEqual(
      changed.entries.map(({ name, aliases }) => [name, aliases.length]),
      [['digits', 1]],
    );
    await watch.leave();
    await push(calls, 'iris', 'three');
    const resumed = watching(calls, changed.epoch);
    const missed = await resumed.next();
    assert.deepEqual(
      missed.entries.map(({ name, versions }) => [name, versions.length]),
      [['iris', 2]],
    );
    await resumed.leave();
    // One that saw more than there is watches a registry that was put back.
    const before = watching(calls, 1_000_000);
    const all = await before.next();
    assert.equal(all.entries.length, 2);
    await before.leave();
  });

  it('gives files and parts of them, and none that is not what was brought', async () => {
    await using service = await openTestService();
    const calls = service.as('ann');
    const content = `${'x'.repeat(300_000)}the end`;
    const { version } = await push(calls, 'digits', content);
    const read = async (part: { readonly offset?: number; readonly length?: number }) => {
      const chunks = await everything(calls.download({ name: 'digits', version: '1', path: 'model.onnx', ...part }));
      return Buffer.concat(chunks.map(({ data }) => data)).toString();
    };
    assert.equal(await read({}), content);
    assert.equal(await read({ offset: 300_000 }), 'the end');
    assert.equal(await read({ offset: 99_999, length: 3 }), 'xxx');
    assert.equal(await read({ offset: content.length }), '');
    await assert.rejects(read({ offset: content.length + 1 }), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID'));
    await assert.rejects(
      everything(calls.download({ name: 'digits', path: '../model.onnx' })),
      refusal('NOT_FOUND', 'FILE_NOT_FOUND'),
    );
    await downloadVersion(calls, version, join(service.folder, 'here'));
    const sha256 = version.manifest?.files[0]?.sha256 ?? '';
    await writeFile(join(service.folder, '.sheaf/registry/blobs/sha256', sha256.slice(0, 2), sha256), 'other');
    await assert.rejects(read({}), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
    assert.equal((await calls.getVersion({ name: 'digits', version: '1' })).state, 'quarantined');
    // The same push brings it back.
    assert.deepEqual((await push(calls, 'digits', content)).version.state, 'ready');
    assert.equal(await read({}), content);
  });

  it('deletes what is not needed, and says what stands in the way', async () => {
    await using service = await openTestService();
    const calls = service.as('ann');
    for (const content of ['one', 'two', 'three']) await push(calls, 'digits', content);
    await moveAlias(calls, move('1'));
    await assert.rejects(
      calls.deleteVersion({ name: 'digits', version: 1 }),
      refusal('FAILED_PRECONDITION', 'VERSION_IN_USE'),
    );
    const dry = await calls.prune({ name: 'digits', keepNewest: 1, dryRun: true });
    assert.deepEqual(dry.deleted, [2]);
    assert.deepEqual((await calls.prune({ name: 'digits', keepNewest: 1 })).deleted, [2]);
    const versions = await allVersions(calls, { kind: 'model', name: 'digits' });
    assert.deepEqual(
      versions.map(({ version }) => version),
      [3, 1],
    );
    const next = await push(calls, 'digits', 'two');
    assert.equal(next.version.version, 4);
  });

  it('freezes aliases, and thaws them', async () => {
    await using service = await openTestService();
    const calls = service.as('ann');
    await push(calls, 'digits', 'one');
    await push(calls, 'digits', 'two');
    await moveAlias(calls, move('1'));
    const { aliases } = await calls.freezeAlias({ name: 'digits', alias: 'champion', frozen: true, why: 'audit' });
    assert.deepEqual(
      aliases.map(({ frozen }) => frozen),
      [true],
    );
    await assert.rejects(moveAlias(calls, move('2')), (error: Error) => /frozen/.test(error.message));
    await calls.freezeAlias({ name: 'digits', alias: 'champion', frozen: false });
    assert.equal((await moveAlias(calls, move('2'))).version, 2);
    assert.equal((await moveAlias(calls, move('-'))).version, 0);
    assert.equal((await moveAlias(calls, move('1'))).version, 1);
  });
});

describe('the way back of an alias', () => {
  const back = (...moves: readonly number[]) => championBefore(moves.map((to) => ({ to })).toReversed());

  it('leads to where it stood before, and further back the next time', () => {
    assert.equal(back(1), undefined);
    assert.equal(back(1, 2), 1);
    assert.equal(back(1, 2, 3), 2);
    assert.equal(back(1, 2, 3, 2), 1);
    assert.equal(back(1, 2, 3, 2, 1), undefined);
    assert.equal(back(1, 2, 1, 3), 1);
    assert.equal(back(1, 2, 0), 2);
    assert.equal(back(), undefined);
  });
});
