import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sampleModels } from '@sheaf/onnx/testing';
import { versionFolder } from '../testing/version-folder.ts';
import { tryVersion } from '../try-version.ts';

/** A file of /proc; '' where the process is gone. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The process of a trial that this one has started, once it is Node and no shell any more. */
async function started(): Promise<string> {
  for (;;) {
    const found = readdirSync('/proc').find((pid) => {
      const [program, ...args] = read(pid, 'cmdline').split('\0');
      const isOurs = read(pid, 'stat').includes(` ${process.pid} `);
      return isOurs && program === process.execPath && args.some((arg) => arg.endsWith('trial-process.ts'));
    });
    if (found !== undefined) return found;
    await setTimeout(10);
  }
}

describe('the process of a trial', { skip: process.platform !== 'linux' }, () => {
  it('has few rights, a small environment, and a folder and limits of its own', async () => {
    process.env['A_SECRET_OF_MINE'] = 'secret';
    const aborter = new AbortController();
    const candidate = await versionFolder({ 'model.onnx': sampleModels.endlessLoop() });
    const trial = tryVersion(candidate, { signal: aborter.signal });
    const pid = await started();
    const args = read(pid, 'cmdline').split('\0');
    const names = read(pid, 'environ')
      .split('\0')
      .map((entry) => entry.split('=')[0]);
    const limits = read(pid, 'limits');
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    aborter.abort();
    await assert.rejects(trial, { name: 'AbortError' });
    assert.ok(args.includes('--permission') && args.includes(`--allow-fs-read=${candidate.folder}/`), args.join(' '));
    assert.deepEqual(
      args.filter((arg) => arg.startsWith('--allow-') && !arg.startsWith('--allow-fs-read=')),
      ['--allow-addons', '--allow-worker'],
    );
    assert.ok(!args.some((arg) => ['--allow-fs-read=*', '--allow-fs-read=/'].includes(arg)), args.join(' '));
    assert.ok(!names.includes('A_SECRET_OF_MINE') && !names.includes('NODE_OPTIONS'), names.join(' '));
    assert.ok(folder.startsWith(`${tmpdir()}/sheaf-trial-`), folder);
    assert.match(limits, /^Max core file size +0 /m);
    assert.doesNotMatch(limits, /^Max data size +unlimited/m);
    assert.doesNotMatch(limits, /^Max cpu time +unlimited/m);
  });
});
