import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fetchVersion } from './fetch-version.ts';

it('writes nothing for a digest that is none, wherever it leads', async () => {
  const home = await mkdtemp(join(tmpdir(), 'sheaf-fetch-'));
  const content = Buffer.from('anything');
  const files = [{ path: 'a.txt', sha256: hash('sha256', content), sizeBytes: content.length }];
  const source = {
    read: async function* () {
      yield content;
    },
  };
  const { signal } = new AbortController();
  for (const digest of ['sha256:../../../../out', '../../../../out', 'sha256:', `sha256:${'a'.repeat(63)}/`])
    await assert.rejects(
      fetchVersion(join(home, 'mesh'), { kind: 'model', name: 'm' }, { version: 1, digest, files }, source, signal),
      { code: 'FAILED_PRECONDITION', message: /^the registry names version 1 of m by what is no digest$/ },
    );
  assert.deepEqual(await readdir(home), []);
  await rm(home, { recursive: true });
});
