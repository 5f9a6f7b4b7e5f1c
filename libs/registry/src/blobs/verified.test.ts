import assert from 'node:assert/strict';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hashOf } from './read-file.ts';
import { createHashRecent } from './verified.ts';

describe('hashes of files that were hashed a moment ago', () => {
  it('are not made again while nobody has written the file, and for a minute at most', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-verified-'));
    const file = join(folder, 'file');
    await writeFile(file, 'a');
    let hashes = 0;
    // An hour from now, so that the file was written long before.
    let now = Date.now() + 3_600_000;
    const hash = createHashRecent(
      (handle) => {
        hashes++;
        return hashOf(handle);
      },
      () => now,
    );
    const ask = async () => {
      await using handle = await open(file);
      return await hash(handle);
    };
    const [first, second] = await Promise.all([ask(), ask()]);
    assert.deepEqual([first === second, await ask(), hashes], [true, first, 1]);
    now += 59_999;
    await ask();
    assert.equal(hashes, 1);
    now += 1;
    await ask();
    assert.equal(hashes, 2);
    await writeFile(file, 'b');
    assert.notEqual(await ask(), first);
    assert.equal(hashes, 3);
    // Written a moment ago it may be written again without another time.
    await writeFile(file, 'c');
    now = Date.now() - 3_600_000;
    await ask();
    await ask();
    assert.equal(hashes, 5);
    await rm(folder, { recursive: true });
  });
});
