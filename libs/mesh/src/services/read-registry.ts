/** The `registry` of mesh.yaml, with where its key and certificates are. */
import type { RegistryGiven } from '../language/registry.ts';
import type { RegistryPlace } from '../mesh.ts';
import { findSecret, type SecretNoted } from './read-secret.ts';
import { readForeignTls } from './read-tls.ts';

export async function readRegistry(
  at: SecretNoted,
  given: RegistryGiven | undefined,
): Promise<RegistryPlace | undefined> {
  if (!given) return undefined;
  const key = given.key && (await findSecret({ ...at, path: [...at.path, 'key'] }, given.key, 'key'));
  if (key?.wrong) at.notes.push({ ...key.wrong, message: `${key.wrong.message}; the registry is asked without it` });
  return {
    address: given.address,
    key: key?.place,
    tls: await readForeignTls({ ...at, path: [...at.path, 'tls'] }, given.tls),
    keep: given.keep,
  };
}
