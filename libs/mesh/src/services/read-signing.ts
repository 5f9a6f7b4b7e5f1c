/** The `signing` of mesh.yaml, with its keys. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InferError } from '@sheaf/inference';
import { readPublicKey, type SignatureTrust, type TrustedKey } from '@sheaf/signing';
import { meshDocument } from '../language/mesh-document.ts';
import type { SigningGiven } from '../language/signing.ts';
import { formatProblem, type MeshProblem } from '../problem.ts';
import { readDocument, readYaml } from '../yaml-file.ts';
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

/**
 * Whose signatures count for a mesh folder now: mesh.yaml and its keys are read anew, so that a key that was taken out counts no more. Throws
 * FAILED_PRECONDITION where they are broken, since nobody could tell who is trusted.
 */
export async function signatureTrust(folder: string): Promise<SignatureTrust> {
  const file = join(folder, 'mesh.yaml');
  if (!(await stat(file).catch(() => undefined))) return nobody;
  const problems: MeshProblem[] = [];
  const yaml = await readYaml(file, 'mesh.yaml', problems);
  const given = yaml && readDocument(yaml, meshDocument, problems);
  const trust = yaml
    ? await readSigning({ place: yaml.place, folder, path: ['signing'], problems }, given?.signing)
    : nobody;
  const [first] = problems;
  if (!first) return trust;
  throw new InferError(
    'FAILED_PRECONDITION',
    'mesh.yaml of the registry is broken, which says whose signatures count',
    {
      reason: 'SIGNATURE_TRUST_UNKNOWN',
      cause: formatProblem(first),
    },
  );
}
