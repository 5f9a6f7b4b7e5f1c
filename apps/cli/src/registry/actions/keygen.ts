import { writeFile } from 'node:fs/promises';
import { createSigningKeys } from '@sheaf/signing';
import { UsageError } from '../../command.ts';
import type { RegistryAction } from '../action.ts';

export const keygen: RegistryAction = {
  usage: '<new file>',
  summary: 'a pair of keys for signatures: the private one in the file, the public one in <file>.pub',
  words: [1, 1],
  async run(_place, [file = '']) {
    const { privateKey, publicKey } = createSigningKeys();
    await writeNew(file, privateKey, 0o600);
    await writeNew(`${file}.pub`, publicKey, 0o644);
    console.log(`${file} signs; ${file}.pub belongs into signing.keys of mesh.yaml`);
  },
};

/** A key that is there may be the only one that somebody trusts. */
const writeNew = (file: string, content: string, mode: number): Promise<void> =>
  writeFile(file, content, { flag: 'wx', mode }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === 'EEXIST' ? `${file} is there already` : `${file} cannot be written (${error.code})`,
    );
  });
