import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createSecret, lookIntervalMs } from './secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-secret-'));
after(() => rmSync(folder, { recursive: true }));

function open(place: Parameters<typeof createSecret>[1], env: NodeJS.ProcessEnv = {}) {
  const told: string[] = [];
  let now = 0;
  const secret = createSecret('the token of service far', place, {
    now: () => now,
    env,
    log: (line) => told.push(line),
  });
  const wait = (): void => {
    now += lookIntervalMs;
  };
  return { secret, told, wait };
}

describe('a secret', () => {
  it('comes from the environment', () => {
    assert.equal(open({ env: 'FAR_TOKEN' }, { FAR_TOKEN: 'abc' }).secret(), 'abc');
    const { secret, told } = open({ env: 'FAR_TOKEN' });
    assert.throws(secret, { code: 'FAILED_PRECONDITION', message: 'the token of service far cannot be read' });
    assert.deepEqual(told, [
      'the token of service far: the variable FAR_TOKEN of the environment is not there, or empty',
    ]);
  });

  it('comes from a file without its line end, and counts anew when the file was changed or a link to it moved', () => {
    const [first, second, link] = ['first', 'second', 'link'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(first, 'one\n');
    writeFileSync(second, 'two\n');
    symlinkSync(first, link);
    const { secret, wait } = open({ file: link });
    assert.equal(secret(), 'one');
    // As a ConfigMap or a projected token is replaced.
    symlinkSync(second, `${link}.new`);
    renameSync(`${link}.new`, link);
    assert.equal(secret(), 'one');
    wait();
    assert.equal(secret(), 'two');
    writeFileSync(second, 'three');
    wait();
    assert.equal(secret(), 'three');
  });

  it('stays while its file is away or holds none, which is told once and does not quote it', () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'good');
    const { secret, told, wait } = open({ file });
    assert.equal(secret(), 'good');
    rmSync(file);
    for (let turn = 0; turn < 3; turn++) {
      wait();
      assert.equal(secret(), 'good');
    }
    writeFileSync(file, 'two\nlines');
    wait();
    assert.equal(secret(), 'good');
    writeFileSync(file, 'better');
    wait();
    assert.equal(secret(), 'better');
    assert.deepEqual(told, [
      'the token of service far: token is not there, or empty; the one before is used on',
      'the token of service far: token holds no secret of printable ASCII in one line of at most 49152 characters; the one before is used on',
    ]);
  });
});
