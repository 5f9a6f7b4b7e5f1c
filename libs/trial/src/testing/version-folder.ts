/** Folders of versions on the disk, for tests. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { UnreadCandidate } from '../candidate.ts';

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a version into a folder of its own, which goes with the process. */
export async function versionFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  name = 'm',
  version = '1',
): Promise<UnreadCandidate> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-version-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return { kind: 'unread', name, version, folder };
}
