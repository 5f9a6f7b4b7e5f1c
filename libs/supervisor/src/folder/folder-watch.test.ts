import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { FSWatcher } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { snapshotOf } from '@sheaf/mesh';
import { watchFolder } from './folder-watch.ts';

/** A system that says nothing. */
const silent = (): FSWatcher => Object.assign(new EventEmitter(), { close: () => {} }) as unknown as FSWatcher;

describe('a folder that is watched', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-watch-'));
    await writeFile(join(folder, 'mesh.yaml'), 'a');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Watches while `work` runs, which is handed what waits for the next change. */
  async function watching(
    open: (folder: string, onChange: (file: string | null) => void) => FSWatcher,
    work: (changed: () => Promise<unknown>, lines: string[]) => Promise<void>,
  ): Promise<void> {
    const told = new EventEmitter();
    const lines: string[] = [];
    const end = watchFolder(folder, {
      onChange: async () => {
        told.emit('change');
        return 'done';
      },
      onEvent: (line) => lines.push(line),
      watchFolder: open,
      pollMs: 20,
    });
    try {
      // The first look is taken for what is known.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await work(() => once(told, 'change'), lines);
    } finally {
      end();
    }
  }

  it('is looked at where the system tells nothing: files, links that are swapped, and a folder that goes and comes back', async () => {
    await watching(silent, async (changed) => {
      let next = changed();
      await writeFile(join(folder, 'mesh.yaml'), 'ab');
      await next;

      for (const version of ['..1', '..2']) {
        await mkdir(join(folder, version));
        await writeFile(join(folder, version, 'policies.yaml'), 'same');
      }
      await symlink('..1', join(folder, '..data'));
      next = changed();
      await symlink('..data/policies.yaml', join(folder, 'policies.yaml'));
      await next;
      next = changed();
      await symlink('..2', join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
      await next;

      next = changed();
      await rename(folder, `${folder}-away`);
      await next;
      next = changed();
      await rename(`${folder}-away`, folder);
      await next;
      assert.equal(await readFile(join(folder, 'mesh.yaml'), 'utf8'), 'ab');
    });
  });

  it('is looked at where the system has no room for watching it, which is told', async () => {
    const full = (): never => {
      throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' });
    };
    const fails = (): FSWatcher => {
      const watcher = silent();
      setImmediate(() => watcher.emit('error', Object.assign(new Error('EMFILE'), { code: 'EMFILE' })));
      return watcher;
    };
    for (const [open, code] of [
      [full, 'ENOSPC'],
      [fails, 'EMFILE'],
    ] as const) {
      await watching(open, async (changed, lines) => {
        const next = changed();
        await writeFile(join(folder, 'mesh.yaml'), code);
        await next;
        assert.deepEqual(lines, [
          `the system does not tell of changes in the folder (${code}); it is looked at every 0.02 s instead`,
        ]);
      });
    }
  });

  it('is another when a file is written over by one of its size, and its time is set back', async () => {
    const file = join(folder, 'mesh.yaml');
    await utimes(file, 1_700_000_000, 1_700_000_000);
    const [was, { size }] = [await snapshotOf(folder), await stat(file)];
    // A file system's clock may be as coarse as this.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(file, 'x'.repeat(size));
    await utimes(file, 1_700_000_000, 1_700_000_000);
    assert.notEqual(await snapshotOf(folder), was);
  });

  it('is the same whatever a log, hidden files and packages in it do', async () => {
    const was = await snapshotOf(folder);
    await writeFile(join(folder, 'nohup.out'), 'a line');
    await mkdir(join(folder, '.sheaf'));
    await writeFile(join(folder, '.sheaf', 'state.json'), '{}');
    await mkdir(join(folder, 'node_modules'));
    await writeFile(join(folder, 'node_modules', 'a.js'), '');
    assert.equal(await snapshotOf(folder), was);
    await mkdir(join(folder, 'models', 'loop'), { recursive: true });
    await symlink('..', join(folder, 'models', 'loop', 'up'));
    assert.notEqual(await snapshotOf(folder), was);
  });

  it('is tried again though nothing changes, when what it became could not be taken up', async () => {
    const outcomes: ('done' | 'retry')[] = ['retry', 'retry', 'done'];
    const { promise, resolve } = Promise.withResolvers<void>();
    let calls = 0;
    const end = watchFolder(folder, {
      onChange: async () => {
        calls++;
        const outcome = outcomes.shift() ?? 'done';
        if (outcome === 'done') resolve();
        return outcome;
      },
      onEvent: () => {},
      watchFolder: silent,
      pollMs: 20,
      retryMs: 20,
      seen: 'as it never was',
    });
    await promise;
    end();
    assert.deepEqual([calls, outcomes.length], [3, 0]);
  });
});
