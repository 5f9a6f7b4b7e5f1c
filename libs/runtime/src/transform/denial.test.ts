import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { denialOf } from './denial.ts';
import { describeTransform } from './describe-transform.ts';

const named = { name: 't', service: 's', file: join(tmpdir(), 'mesh', 't.ts') };
const full = (resource: string, file = named.file): string | undefined =>
  denialOf({ code: 'ERR_ACCESS_DENIED', permission: 'FileSystemRead', resource }, { ...named, file })?.full;

describe('what a transform is told that reads a file by its working folder', () => {
  it('is how to name it, in the words of the code', () => {
    for (const path of ['labels.json', './labels.json', join(process.cwd(), 'labels.json')])
      assert.equal(
        full(path),
        `transform "t" wants to read a file that it may not (${path}): name it by new URL('./labels.json', import.meta.url), since services work in an empty folder`,
      );
  });

  it('has no path where a caller reads it', () => {
    const error = { code: 'ERR_ACCESS_DENIED', permission: 'FileSystemRead', resource: 'labels.json' };
    assert.equal(denialOf(error, named)?.told, 'transform "t" wants to read a file that it may not');
  });

  it('is which right it lacks where the file is elsewhere, or the code is in the working folder itself', () => {
    const remedy = 'put what it needs into the mesh folder, or say trusted: true under services.s in mesh.yaml';
    assert.ok(full('/etc/passwd')?.endsWith(`(/etc/passwd): ${remedy}`));
    const secret = join(process.cwd(), '.env');
    assert.ok(full(secret, join(process.cwd(), 't.ts'))?.endsWith(`(${secret}): ${remedy}`));
  });

  it('is told when the code is loaded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-denial-'));
    const file = join(folder, 't.mjs');
    await writeFile(file, `import { readFileSync } from 'node:fs';\nreadFileSync('data/labels.json');\n`);
    const place = { name: 't', file, folder, withheld: [], service: 's', rights: {}, env: [], withheldEnv: [] };
    await assert.rejects(describeTransform(place), {
      message: /\(data\/labels\.json\): name it by new URL\('\.\/data\/labels\.json', import\.meta\.url\)/,
    });
    await rm(folder, { recursive: true });
  });
});
