/** The `signing` of mesh.yaml, with its keys. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InferError } from '@sheaf/inference';
import { readPublicKey, type SignatureTrust, type TrustedKey } from '@sheaf/signing';
import type { SigningGiven } from '../language/signing.ts';
import type { FilePlace } from './read-tls.ts';

const pemBytesMax = 64 * 1024;
const nobody: SignatureTrust = { policy: 'off', keys: [] };

/** Each key that is none is a problem. */
export async function readSigning(at: FilePlace, given: SigningGiven | undefined): Promise<SignatureTrust> {
  if (!given) return nobody;
  const keys: TrustedKey[] = [];
  for (const [index, name] of given.keys.entries()) {
    const key = await readKey(resolve(at.folder, name), name);
    if (typeof key === 'string') at.problems.push(at.place([...at.path, 'keys', index], key));
    else keys.push(key);
  }
  return { policy: given.policy, keys };
}

async function readKey(file: string, name: string): Promise<TrustedKey | string> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return `there is no file "${name}"`;
  if (found.size > pemBytesMax) return `"${name}" has ${found.size} bytes; want at most ${pemBytesMax}`;
  try {
    return readPublicKey(await readFile(file, 'utf8'));
  } catch (error) {
    return `"${name}": ${error instanceof InferError ? error.message : 'it cannot be read'}`;
  }
}
