import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readTar } from './read-tar.ts';
import { writeTar } from './write-tar.ts';

/** Cut into pieces of some size, as a stream may be. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return Buffer.concat(read).toString();
}

async function entriesOf(source: AsyncIterable<Uint8Array>): Promise<[string, string, string][]> {
  const entries: [string, string, string][] = [];
  for await (const { path, type, content } of readTar(source)) entries.push([path, type, await textOf(content)]);
  return entries;
}

const files = { a: 'x'.repeat(511), b: 'y'.repeat(512), c: 'z'.repeat(513), empty: '' };
const packed = async (): Promise<Buffer> => {
  const toPack = Object.entries(files).map(([path, text]) => ({
    path,
    sizeBytes: text.length,
    open: () => cut(Buffer.from(text), 100),
  }));
  const pieces: Uint8Array[] = [];
  for await (const piece of writeTar(toPack)) pieces.push(piece);
  return Buffer.concat(pieces);
};
const expected = Object.entries(files).map(([path, text]) => [path, 'File', text]);

describe('a tar archive', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sheaf-tar-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read as it was written, in pieces of any size', async () => {
    const archive = await packed();
    for (const size of [1, 7, 512, 1000, archive.byteLength])
      assert.deepEqual(await entriesOf(cut(archive, size)), expected);
  });

  it('is the same for the same files', async () => assert.deepEqual(await packed(), await packed()));

  it('is what tar reads', async () => {
    writeFileSync(join(folder, 'ours.tar'), await packed());
    assert.equal(execFileSync('tar', ['-xOf', join(folder, 'ours.tar'), 'c'], { encoding: 'utf8' }), files.c);
  });

  for (const format of ['gnu', 'pax', 'ustar', 'v7'])
    it(`is read as tar writes it in the form ${format}`, async () => {
      const long = format === 'gnu' || format === 'pax' ? 'l'.repeat(180) : 'short';
      writeFileSync(join(folder, long), 'long');
      const archive = join(folder, 'theirs.tar');
      execFileSync('tar', [`--format=${format}`, '-cf', archive, '-C', folder, long]);
      assert.deepEqual(await entriesOf(cut(readFileSync(archive), 700)), [[long, 'File', 'long']]);
    });

  it('is refused where it is cut off, damaged or none', async () => {
    const archive = await packed();
    const damaged = Buffer.from(archive);
    damaged[3] = 1;
    const cases: readonly [Uint8Array, RegExp][] = [
      [archive.subarray(0, 700), /cut off/],
      [archive.subarray(0, 100), /cut off/],
      [damaged, /want an archive/],
      [Buffer.from('no archive '.repeat(100)), /want an archive/],
      [Buffer.concat([archive, Buffer.alloc(2 ** 20)]), /after the end/],
    ];
    for (const [bytes, message] of cases)
      await assert.rejects(entriesOf(cut(bytes, 512)), { code: 'FAILED_PRECONDITION', message });
  });

  it('needs no entry to be read before the next', async () => {
    const names: string[] = [];
    for await (const { path, content } of readTar(cut(await packed(), 60))) {
      names.push(path);
      for await (const piece of content) if (piece.byteLength > 0) break;
    }
    assert.deepEqual(names, Object.keys(files));
  });
});
