import { randomBytes } from 'node:crypto';
import type { Mesh } from '@sheaf/mesh';
import { readSecret } from '@sheaf/transport';

const secretBytes = 32;

/** The secret that the processes of a mesh show one another for as long as it runs; undefined where they show certificates. */
export function meshSecret({ tls, secret }: Pick<Mesh, 'tls' | 'secret'>): string | undefined {
  if (tls) return undefined;
  return secret ? readSecret('the secret of the mesh', secret) : randomBytes(secretBytes).toString('base64url');
}
