/** How registries of artifacts are asked. */
import { parseReference, type RegistryOptions, readCredentials } from '@sheaf/oci';
import type { OptionValues } from '../command.ts';

export const hostOptions = {
  'plain-http': { type: 'boolean' },
  'allow-host': { type: 'string', multiple: true },
} as const;

export const hostHelp = `    --plain-http         without TLS; to a registry on this machine it always is
    --allow-host <host>  where the registry may lead to though its address is not public; may be repeated. Passwords are
                         those that docker login or oras login has kept`;

export async function hostOptionsOf(reference: string, values: OptionValues): Promise<RegistryOptions> {
  const { host } = parseReference(reference);
  const allowed = values['allow-host'];
  return {
    credentials: await readCredentials(host, process.env),
    allowedHosts: Array.isArray(allowed) ? allowed.map(String) : [],
    env: process.env,
    ...(values['plain-http'] === true && { plainHttp: true }),
  };
}
