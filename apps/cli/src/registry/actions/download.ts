import { mkdir, readdir } from 'node:fs/promises';
import { downloadVersion } from '@sheaf/registry';
import { UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';
import { withBar } from '../pushing.ts';
import { versionOf } from '../typed.ts';

export const download: RegistryAction = {
  usage: '<name>[/<version>] <new folder>',
  summary:
    'the files of a version, each checked against its hash; the champion, or else the newest, unless it is said which',
  words: [2, 2],
  async run({ calls, kind }, [text = '', folder = ''], { json }) {
    const version = await calls.getVersion({ kind, ...versionOf(text) });
    await makeFolder(folder);
    await withBar(`of ${version.name}`, (onProgress) => downloadVersion(calls, version, folder, onProgress));
    const { name, version: number, digest, manifest } = version;
    if (json) return console.log(JSON.stringify(version));
    console.log(`${name}/${number} is in ${folder}: ${manifest?.files.length ?? 0} files, ${digest}`);
  },
};

/** Nothing of the user's is ever written over. */
async function makeFolder(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UsageError(`${folder}: want a new folder (${error.code})`);
  });
  if (found.length > 0) throw new UsageError(`${folder} is not empty; want a new folder`);
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${folder} cannot be made (${error.code})`);
  });
}
