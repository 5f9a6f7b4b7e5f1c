import { hash } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Mesh } from '../mesh.ts';
import { changed } from './content-changed.ts';
import { hashFile } from './hashed-file.ts';

/** Of all code in a mesh folder: what its transforms may import, so without what `sheaf test` reads. `sha256:` and 64 hex digits. */
export async function digestCode(folder: string): Promise<string> {
  const found = globSync('**/*.{ts,mts,cts,js,mjs,cjs,json}', {
    cwd: folder,
    exclude: ['**/node_modules/**', '.*/**', 'tests/**'],
  });
  const lines: string[] = [];
  for (const path of found.sort()) {
    // One that goes while we look is another state.
    const sha256 = await hashFile(join(folder, path)).then(
      ({ sha256: hashed }) => hashed,
      () => 'none',
    );
    lines.push(`${JSON.stringify([path, sha256])}\n`);
  }
  return `sha256:${hash('sha256', lines.join(''))}`;
}

/** Throws FAILED_PRECONDITION, with the reason `contentChanged`, when the code is another than when the folder was read. */
export async function checkCode({ folder, codeDigest }: Mesh): Promise<void> {
  const got = await digestCode(folder);
  if (got === codeDigest) return;
  throw changed(`the code in the folder is other code than the mesh serves: want digest ${codeDigest}, got ${got}`);
}
