import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { digestCode } from './code-digest.ts';

it('the digest of the code in a folder is of all that a transform may import, and of no package or hidden file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-code-'));
  await mkdir(join(folder, 'node_modules'));
  await mkdir(join(folder, '.sheaf'));
  const isSeen = async (file: string): Promise<boolean> => {
    const before = await digestCode(folder);
    await writeFile(join(folder, file), file);
    return (await digestCode(folder)) !== before;
  };
  for (const name of ['a.ts', 'a.mts', 'a.cts', 'a.js', 'a.mjs', 'a.cjs', 'a.json'])
    assert.ok(await isSeen(name), name);
  for (const name of ['a.txt', 'node_modules/a.js', '.sheaf/a.json']) assert.ok(!(await isSeen(name)), name);
  await rm(folder, { recursive: true });
});
