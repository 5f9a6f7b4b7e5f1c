import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = mkdtempSync(join(tmpdir(), 'sheaf-registry-'));
after(() => rmSync(root, { recursive: true }));

const program = fileURLToPath(new URL('./testing/big-push.ts', import.meta.url));

/** Runs a push in a process of its own, with a word of the shell before it. */
function push(folder: string, megabytes: number, before = ':', wrap: readonly string[] = []): Record<string, unknown> {
  const script = `${before} && exec "$@"`;
  const args = ['-c', script, 'sh', ...wrap, process.execPath, program, folder, `${megabytes}`];
  const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

const skip = process.platform === 'win32' ? 'there is no sh' : false;

describe('a push', { skip }, () => {
  // 500 MB with `npm run faults:registry`.
  it('of 128 MB takes no 64 MiB of memory', () => {
    const { placed, mostMiB } = push(mkdtempSync(join(root, 'mesh-')), 128);
    assert.equal(placed, 128 * 1_048_576);
    assert.ok(Number(mostMiB) < 64, `${mostMiB} MiB`);
  });

  it('that finds no room is refused, and goes on from where it was once there is', () => {
    const folder = mkdtempSync(join(root, 'mesh-'));
    // In blocks of 512 bytes: no file of more than 8 MiB.
    const refused = push(folder, 12, 'ulimit -f 16384');
    assert.deepEqual([refused['code'], refused['reason']], ['RESOURCE_EXHAUSTED', 'REGISTRY_FULL']);
    assert.match(String(refused['message']), /no room left/);
    const { offset, placed } = push(folder, 12);
    assert.deepEqual([offset, placed], [8 * 1_048_576, 12 * 1_048_576]);
  });

  it('into a folder that cannot be written is refused', () => {
    const folder = mkdtempSync(join(root, 'mesh-'));
    push(folder, 1);
    const registry = join(folder, '.sheaf', 'registry');
    chmodSync(join(registry, 'uploads'), 0o500);
    // Root may write everywhere, by a capability that can be taken away.
    const withoutIt = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];
    const { code, reason, message } = push(folder, 2, ':', withoutIt);
    assert.deepEqual([code, reason], ['FAILED_PRECONDITION', 'REGISTRY_READ_ONLY'], String(message));
  });
});
