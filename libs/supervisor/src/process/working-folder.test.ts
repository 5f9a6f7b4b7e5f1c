import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createWorkingFolder } from './working-folder.ts';

describe('the folder that a process works in', () => {
  it('is empty, for its user alone, and another for each; it goes with what was left in it', () => {
    const [one, other] = [createWorkingFolder(), createWorkingFolder()];
    assert.notEqual(one.path, other.path);
    assert.deepEqual(readdirSync(one.path), []);
    if (process.platform !== 'win32') assert.equal(statSync(one.path).mode & 0o777, 0o700);
    writeFileSync(join(one.path, 'left'), '');
    for (const folder of [one, other]) {
      folder.remove();
      folder.remove();
      assert.equal(existsSync(folder.path), false);
    }
  });

  it('is told where it cannot be made, with what helps', () => {
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = join(tmpdir(), 'nowhere');
    try {
      assert.throws(createWorkingFolder, /^Error: no folder .* can be made in \S+nowhere \(ENOENT\); TMPDIR names /);
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
  });
});
