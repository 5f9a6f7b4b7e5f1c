import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { refusal, sha256Of } from '../testing/samples.ts';
import { type Blobs, createBlobs } from './blobs.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-blobs-'));
after(() => rmSync(root, { recursive: true }));

const text = 'a model, and nothing but a model\n'.repeat(20_000);
const sha256 = sha256Of(text);
const sizeBytes = Buffer.byteLength(text);

async function* chunksOf(whole: string): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(whole);
  for (let at = 0; at < bytes.byteLength; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

async function withBlob(): Promise<{
  readonly blobs: Blobs;
  readonly folder: string;
  readonly path: string;
  readonly corrupt: string[];
}> {
  const folder = mkdtempSync(join(root, 'registry-'));
  const corrupt: string[] = [];
  const blobs = createBlobs(folder, { onCorrupt: async (one) => void corrupt.push(one) });
  await blobs.add({ sha256, sizeBytes }, chunksOf(text));
  return { blobs, folder, path: join(folder, 'blobs/sha256', sha256.slice(0, 2), sha256), corrupt };
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => !found.isDirectory())
    .map(({ name }) => name);

describe('files by their content', () => {
  it('are read as a whole, from an offset on, and at once when they are small', async () => {
    const { blobs, path } = await withBlob();
    assert.equal(await readAll(blobs.read(sha256)), text);
    assert.equal(await readAll(blobs.read(sha256, 400_001)), text.slice(400_001));
    assert.equal(Buffer.from(await blobs.readWhole(sha256, sizeBytes)).toString(), text);
    await assert.rejects(blobs.readWhole(sha256, sizeBytes - 1), refusal('FAILED_PRECONDITION', 'BLOB_TOO_LARGE'));
    await assert.rejects(readAll(blobs.read(sha256, sizeBytes + 1)), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID'));
    if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
    const empty = sha256Of('');
    await blobs.add({ sha256: empty, sizeBytes: 0 }, chunksOf(''));
    assert.equal(await readAll(blobs.read(empty)), '');
    const listed: string[] = [];
    for await (const page of blobs.list()) listed.push(...page);
    assert.deepEqual(listed.toSorted(), [sha256, empty].toSorted());
    assert.deepEqual(await blobs.missing([sha256, sha256Of('other'), empty]), [sha256Of('other')]);
  });

  it('are not there before they are whole, and are gone on with by whoever names the upload', async () => {
    const folder = mkdtempSync(join(root, 'registry-'));
    const request = { id: 'mine', sha256, sizeBytes };
    const first = await createBlobs(folder).upload(request);
    await first.write(0, Buffer.from(text.slice(0, 300_000)));
    await assert.rejects(
      first.write(5, Buffer.from('x')),
      refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /want 300000, got 5/),
    );
    await first.close();
    const blobs = createBlobs(folder);
    await assert.rejects(readAll(blobs.read(sha256)), refusal('NOT_FOUND', 'BLOB_NOT_FOUND'));
    const other = await blobs.upload({ ...request, id: 'another' });
    assert.equal(other.offset, 0);
    await other.close();
    const second = await blobs.upload(request);
    assert.equal(second.offset, 300_000);
    await second.write(300_000, Buffer.from(text.slice(300_000)));
    await second.commit();
    assert.equal(await readAll(blobs.read(sha256)), text);
    const again = await blobs.upload(request);
    assert.equal(again.offset, sizeBytes);
    await again.commit();
  });

  it('are refused, and removed, when what came is not what was told', async () => {
    const folder = mkdtempSync(join(root, 'registry-'));
    const blobs = createBlobs(folder);
    const mismatch = refusal('FAILED_PRECONDITION', 'BLOB_MISMATCH');
    const other = 'x'.repeat(sizeBytes);
    await assert.rejects(blobs.add({ sha256, sizeBytes }, chunksOf(other)), mismatch);
    assert.deepEqual(filesBelow(folder), []);
    await assert.rejects(blobs.add({ sha256, sizeBytes: sizeBytes + 1 }, chunksOf(text)), mismatch);
    await assert.rejects(
      blobs.add({ sha256, sizeBytes: 7 }, chunksOf(text)),
      refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^data/),
    );
    assert.deepEqual(await blobs.missing([sha256]), [sha256]);
  });

  it('are named by nothing but a hash, and uploads by nothing but an id', async () => {
    const { blobs, folder } = await withBlob();
    for (const name of [
      '../../etc/passwd',
      `../${sha256.slice(3)}`,
      sha256.toUpperCase(),
      `${sha256}\0`,
      '',
      '/etc/passwd',
    ])
      await assert.rejects(readAll(blobs.read(name)), refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^sha256: want/));
    for (const id of ['', '..', 'a/b', '../../x', 'a\0', 'x'.repeat(65)])
      await assert.rejects(
        blobs.upload({ id, sha256: sha256Of('b'), sizeBytes: 1 }),
        refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^upload: want/),
      );
    for (const size of [-1, 0.5, Number.NaN, 2 ** 63])
      await assert.rejects(
        blobs.upload({ id: 'a', sha256, sizeBytes: size }),
        refusal('INVALID_ARGUMENT', 'REGISTRY_INVALID', /^sizeBytes/),
      );
    assert.deepEqual(filesBelow(folder), [sha256]);
  });
});

describe('a file that is not what it was', () => {
  it('is found by one flipped bit before a byte of it is read, put in quarantine, and healed by another push', async () => {
    const { blobs, folder, path, corrupt } = await withBlob();
    const bytes = readFileSync(path);
    bytes[123_456] = (bytes[123_456] ?? 0) ^ 0x10;
    writeFileSync(path, bytes);
    const target = join(folder, 'out', 'model.onnx');
    await assert.rejects(blobs.place(sha256, target), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
    assert.deepEqual([corrupt, existsSync(path), readdirSync(dirname(target))], [[sha256], false, []]);
    assert.equal(filesBelow(join(folder, 'quarantine')).length, 1);
    await assert.rejects(readAll(blobs.read(sha256)), refusal('NOT_FOUND', 'BLOB_NOT_FOUND'));
    await blobs.add({ sha256, sizeBytes }, chunksOf(text));
    await blobs.place(sha256, target);
    assert.equal(readFileSync(target, 'utf8'), text);
  });

  it('is not read through a link, wherever that leads, nor out of a folder or a pipe', {
    skip: process.platform === 'win32',
  }, async () => {
    const { blobs, folder, path } = await withBlob();
    const elsewhere = join(folder, 'elsewhere');
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
    await assert.rejects(readAll(blobs.read(sha256)), refusal('NOT_FOUND', 'BLOB_NOT_FOUND'));
    assert.deepEqual(await blobs.missing([sha256]), [sha256]);
    rmSync(path);
    mkdirSync(path);
    await assert.rejects(readAll(blobs.read(sha256)), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
    execFileSync('mkfifo', [path]);
    await assert.rejects(readAll(blobs.read(sha256)), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
  });

  it('does not take the place of one that is being read', async () => {
    const { blobs, path } = await withBlob();
    const reading = blobs.read(sha256)[Symbol.asyncIterator]();
    const first = await reading.next();
    writeFileSync(`${path}.other`, 'y'.repeat(sizeBytes));
    renameSync(`${path}.other`, path);
    let read = Buffer.from(first.value ?? []).toString();
    for (let next = await reading.next(); !next.done; next = await reading.next()) read += Buffer.from(next.value);
    assert.equal(read, text);
    await assert.rejects(readAll(blobs.read(sha256)), refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT'));
  });

  it('is told at the end when it was written to while it was read', async () => {
    const { blobs, path } = await withBlob();
    const reading = blobs.read(sha256)[Symbol.asyncIterator]();
    await reading.next();
    writeFileSync(path, 'y'.repeat(sizeBytes));
    await assert.rejects(
      async () => {
        for (let next = await reading.next(); !next.done; next = await reading.next());
      },
      refusal('FAILED_PRECONDITION', 'BLOB_CORRUPT', /was changed while it was read/),
    );
  });
});

describe('a sweep', () => {
  const longAgo = (path: string): void => utimesSync(path, 0, 0);

  it('removes what is old and in no use, and uploads that were left', async () => {
    const { blobs, folder, path } = await withBlob();
    for (const content of ['used', 'new'])
      await blobs.add({ sha256: sha256Of(content), sizeBytes: content.length }, chunksOf(content));
    await (await blobs.upload({ id: 'left', sha256: sha256Of('left'), sizeBytes: 4 })).close();
    const used = sha256Of('used');
    for (const one of [
      path,
      join(folder, 'blobs/sha256', used.slice(0, 2), used),
      join(folder, 'uploads', `${sha256Of('left')}.left`),
    ])
      longAgo(one);
    assert.equal(await blobs.sweep({ inUse: async (all) => all.filter((one) => one === used) }), 1);
    assert.deepEqual(filesBelow(folder).toSorted(), [used, sha256Of('new')].toSorted());
  });

  it('gives back what came into use meanwhile, and what an earlier one left that was killed', async () => {
    const { blobs, folder, path } = await withBlob();
    longAgo(path);
    let asked = 0;
    // Not in use at the first look, and in use when it was taken away.
    assert.equal(await blobs.sweep({ inUse: async (all) => (asked++ === 0 ? [] : all) }), 0);
    assert.equal(await readAll(blobs.read(sha256)), text);
    renameSync(path, join(folder, 'trash', sha256));
    assert.equal(await readAll(blobs.read(sha256)), text);
    await blobs.sweep({ inUse: async (all) => all });
    assert.deepEqual([existsSync(path), readdirSync(join(folder, 'trash'))], [true, []]);
  });

  it('leaves what somebody is about to publish', async () => {
    const { blobs, path } = await withBlob();
    longAgo(path);
    assert.deepEqual(await blobs.missing([sha256]), []);
    assert.equal(await blobs.sweep({ inUse: async () => [] }), 0);
    assert.equal(await readAll(blobs.read(sha256)), text);
  });
});
