import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { readablePaths } from './readable-paths.ts';

/** What is granted of a folder with such files (empty) and links (to what), from the folder on, with `/`. */
async function grantedOf(
  files: readonly string[],
  withheld: readonly string[] = [],
  links: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'sheaf-readable-')));
  for (const path of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), '');
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(folder, path));
  const file = join(folder, 't.ts');
  const paths = await readablePaths({ folder, file, withheld: withheld.map((path) => join(folder, path)) });
  await rm(folder, { recursive: true });
  return paths
    .filter((path) => path.startsWith(folder))
    .map((path) => path.slice(folder.length).replaceAll('\\', '/'))
    .sort();
}

describe('what a transform may read', () => {
  it('is its folder', async () => {
    assert.deepEqual(await grantedOf(['t.ts', 'data/labels.json']), ['/']);
  });

  it('is not the state of the mesh, private keys, files that begin with a dot, nor what it is told to withhold', async () => {
    const files = [
      '.env',
      '.sheaf/state.db',
      '.git/config',
      'certs/ca.crt',
      'certs/ca.key',
      'certs/client.pem',
      't.ts',
    ];
    assert.deepEqual(await grantedOf([...files, 'data/a.txt', 'logs/access', 'logs/old', 'me.p12'], ['logs/access']), [
      '/certs/ca.crt',
      '/certs/client.pem',
      '/data/',
      '/logs/old',
      '/t.ts',
    ]);
  });

  it('is not what comes later where a secret is to be', async () => {
    const withheld = ['.sheaf', 'secrets/token', 'later/on/token'];
    assert.deepEqual(await grantedOf(['t.ts', 'secrets/about.txt', 'a/b.txt'], withheld), [
      '/a/',
      '/secrets/about.txt',
      '/t.ts',
    ]);
  });

  it('is no secret by another name either: a link to it, or to a folder above it', async () => {
    const files = ['t.ts', 'real/certs/mesh.pem', 'real/certs/mesh.crt', '.private/a.txt', 'deep/x.txt'];
    const links = { certs: 'real/certs', 'deep/again': '../real', shown: '.private/a.txt', round: '.' };
    assert.deepEqual(await grantedOf(files, ['certs/mesh.pem'], links), [
      '/certs/mesh.crt',
      '/deep/again/certs/mesh.crt',
      '/deep/x.txt',
      '/real/certs/mesh.crt',
      '/t.ts',
    ]);
  });

  it('is all of its packages, whatever their names, and what Kubernetes mounts', async () => {
    const files = ['t.ts', 'node_modules/.pnpm/a/index.js', 'node_modules/.pnpm/a/test.key', '..2026/labels.txt'];
    const links = { '..data': '..2026', 'labels.txt': '..data/labels.txt', 'node_modules/a': '.pnpm/a' };
    assert.deepEqual(await grantedOf(files, ['.sheaf'], links), [
      '/..2026/',
      '/..data/',
      '/labels.txt',
      '/node_modules/',
      '/t.ts',
    ]);
  });

  it('is not the state of a mesh that is a package of its own workspace', async () => {
    const granted = await grantedOf(['t.ts', '.sheaf/state.db', 'node_modules/b/index.js'], ['.sheaf'], {
      'node_modules/mesh': '..',
    });
    assert.deepEqual(granted, ['/node_modules/b/', '/t.ts']);
  });
});
