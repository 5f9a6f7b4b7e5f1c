import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { openRegistry, type Registry, type RegistryOptions } from './registry.ts';
import { aMove, aVersion, refusal, sha256Of } from './testing/samples.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-registry-'));
after(() => rmSync(root, { recursive: true }));
const newFolder = (): string => mkdtempSync(join(root, 'mesh-'));

/** Closed after the test, also after one that failed. */
const opened: Registry[] = [];
afterEach(() => Promise.all(opened.splice(0).map((registry) => registry.close())));
async function open(folder: string, options?: RegistryOptions): Promise<Registry> {
  const registry = await openRegistry(folder, options);
  opened.push(registry);
  return registry;
}

async function upload({ blobs }: Registry, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  await blobs.add(
    { sha256: sha256Of(text), sizeBytes: bytes.byteLength },
    (async function* () {
      yield bytes;
    })(),
  );
}

const blobIn = (folder: string, text: string): string =>
  join(folder, '.sheaf/registry/blobs/sha256', sha256Of(text).slice(0, 2), sha256Of(text));

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('a registry', () => {
  it('publishes a version whose files are all there and whole, and no other', async () => {
    const folder = newFolder();
    const registry = await open(folder);
    await assert.rejects(registry.publish(aVersion('a')), refusal('FAILED_PRECONDITION', 'FILES_MISSING'));
    await upload(registry, 'a');
    flip(blobIn(folder, 'a'));
    await assert.rejects(registry.publish(aVersion('a')), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
    assert.deepEqual(await registry.store.listEntries(), []);
    await upload(registry, 'a');
    assert.equal((await registry.publish(aVersion('a'))).record.version, 1);
  });

  it('puts versions with a flipped bit in quarantine when they are read or looked through, until they are pushed again', async () => {
    const folder = newFolder();
    const registry = await open(folder);
    for (const text of ['a', 'b', 'c']) {
      await upload(registry, text);
      await registry.publish(aVersion(text));
    }
    await registry.store.moveAlias(aMove(1, 0));
    await registry.store.moveAlias(aMove(2, 1));
    for (const text of ['b', 'c']) flip(blobIn(folder, text));
    await assert.rejects(registry.blobs.readWhole(sha256Of('b'), 10), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
    assert.equal(await registry.scrub(), 1);
    const states = async () => (await registry.store.listVersions('digits')).map(({ state }) => state);
    assert.deepEqual(await states(), ['ready', 'quarantined', 'quarantined']);
    // What a follower falls back to is in the history.
    assert.deepEqual(
      (await registry.store.history('digits', { alias: 'champion' })).map(({ to }) => to),
      [2, 1],
    );
    await upload(registry, 'b');
    const { record, added } = await registry.publish(aVersion('b'));
    assert.deepEqual([record.version, record.state, added], [2, 'ready', false]);
    assert.deepEqual(await states(), ['ready', 'ready', 'quarantined']);
  });

  it('forgets files with the last version that has them, and no sooner than told', async () => {
    const clock = { now: Date.now() };
    const registry = await open(newFolder(), { now: () => clock.now });
    for (const name of ['digits', 'other']) {
      await upload(registry, 'a');
      await registry.publish(aVersion('a', { name }));
    }
    const gone = { version: 1, by: 'key:ops', why: 'old' };
    const later = async (): Promise<number> => {
      clock.now += 2 * 3_600_000;
      return registry.sweep();
    };
    assert.equal(await later(), 0);
    await registry.store.deleteVersion({ name: 'digits', ...gone });
    assert.equal(await later(), 0);
    await registry.store.deleteVersion({ name: 'other', ...gone });
    assert.equal(await registry.sweep(100 * 3_600_000), 0);
    assert.equal(await later(), 1);
    assert.deepEqual(await registry.blobs.missing([sha256Of('a')]), [sha256Of('a')]);
  });

  it('finds files that are gone, and tells of them', async (context) => {
    const logged = context.mock.method(console, 'error', () => {});
    const folder = newFolder();
    const registry = await open(folder);
    await upload(registry, 'a');
    await registry.publish(aVersion('a'));
    assert.equal(await registry.scrub(), 0);
    rmSync(blobIn(folder, 'a'));
    assert.equal(await registry.scrub(), 1);
    assert.equal(logged.mock.callCount(), 1);
    assert.equal((await registry.store.getVersion('digits', 1))?.state, 'quarantined');
    await upload(registry, 'a');
    assert.equal((await registry.publish(aVersion('a'))).record.state, 'ready');
  });

  it('is tended by itself, once by all who have it open', async () => {
    const clock = { now: Date.now() };
    const folder = newFolder();
    const registry = await open(folder, { now: () => clock.now });
    for (const text of ['a', 'b']) await upload(registry, text);
    await registry.publish(aVersion('a'));
    clock.now += 2 * 3_600_000;
    // The file of no version is swept once somebody looks.
    const tended = await open(folder, { now: () => clock.now, tendMs: 5 });
    while (existsSync(blobIn(folder, 'b'))) await new Promise(setImmediate);
    assert.deepEqual(await tended.blobs.missing([sha256Of('a')]), []);
    const { fence } = await registry.store.takeLease('sweep', 'test', 1);
    assert.equal(fence, 1);
  });

  it('is one for all who have it open, and tells each of what others change', async () => {
    const folder = newFolder();
    const [one, other] = await Promise.all([open(folder, { pollMs: 10 }), open(folder, { pollMs: 10 })]);
    const rung = Promise.withResolvers<void>();
    one.store.onChanged(rung.resolve);
    await upload(other, 'a');
    await other.publish(aVersion('a'));
    await rung.promise;
    assert.equal((await one.store.snapshot()).entries[0]?.lastVersion, 1);
    const moves = await Promise.allSettled([one, other].map(({ store }) => store.moveAlias(aMove(1, 0))));
    assert.deepEqual(moves.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  });

  it('keeps its files where it is told, and nothing else there', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'models'));
    const registry = await open(folder);
    await upload(registry, 'a');
    const target = join(folder, 'view', 'digits', '1', 'model.onnx');
    await registry.blobs.place(sha256Of('a'), target);
    assert.equal(readFileSync(target, 'utf8'), 'a');
  });
});
