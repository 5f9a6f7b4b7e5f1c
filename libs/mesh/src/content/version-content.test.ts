import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { hashFile } from './hashed-file.ts';
import { checkContent, readContent } from './version-content.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the content of a version', () => {
  let folder: string;
  const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);
  const digest = async (...files: string[]): Promise<string> => (await readContent(folder, files)).digest;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-content-'));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    await write('model.onnx', 'model');
    await write('weights', 'weights');
  });

  it('is the path, the SHA-256 and the size of each of its files, in one digest that anybody can make', async () => {
    const content = await readContent(folder, ['weights', 'model.onnx', 'weights']);
    const manifest = `["model.onnx","${sha256('model')}",5]\n["weights","${sha256('weights')}",7]\n`;
    assert.equal(content.digest, `sha256:${sha256(manifest)}`);
  });

  it('is other content when any file is, also of one size and one time, or has another name', async () => {
    const digests = [await digest('model.onnx', 'weights'), await digest('model.onnx')];
    const { atime, mtime } = await stat(join(folder, 'weights'));
    await write('weights', 'WEIGHTS');
    await utimes(join(folder, 'weights'), atime, mtime);
    digests.push(await digest('model.onnx', 'weights'));
    await write('labels', 'WEIGHTS');
    digests.push(await digest('labels', 'model.onnx'));
    assert.equal(new Set(digests).size, 4);
  });

  it('is as it was read, or refused by the name of the file', async () => {
    const content = await readContent(folder, ['model.onnx', 'weights']);
    await checkContent('model m/3', content);
    const wrong: [string, () => Promise<unknown>, RegExp][] = [
      [
        'model.onnx',
        () => write('model.onnx', 'MODEL'),
        /^model m\/3: model\.onnx is another file than the one that the mesh serves: want sha256 9372c470.*, got [0-9a-f]{64}$/,
      ],
      ['weights', () => write('weights', 'WEIGHTS'), /^model m\/3: weights is another file/],
      ['weights', () => rm(join(folder, 'weights')), /weights is another file .*, got none \(ENOENT\)$/],
    ];
    for (const [path, change, message] of wrong) {
      await change();
      await assert.rejects(checkContent('model m/3', content), {
        code: 'FAILED_PRECONDITION',
        reason: 'CONTENT_CHANGED',
        message,
      });
      await write(path, path === 'weights' ? 'weights' : 'model');
    }
  });
});

describe('the hash of a file', () => {
  it('is that of its bytes however often it is written in one moment and set back in time', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'sheaf-hash-')), 'f');
    for (let round = 0; round < 200; round++) {
      const text = String(round).padStart(8, '0');
      await writeFile(file, text);
      await utimes(file, 1_700_000_000, 1_700_000_000);
      assert.deepEqual(await hashFile(file), { sizeBytes: 8, sha256: sha256(text) });
    }
    await rm(join(file, '..'), { recursive: true });
  });
});
