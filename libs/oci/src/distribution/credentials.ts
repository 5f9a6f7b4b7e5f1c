/** Who we are for a registry, as `docker login` and `oras login` have written it down. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { refuse } from '../refuse.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * The credentials for a host in `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`; undefined where there are none. Helpers that keep them elsewhere are
 * programs, and are not started.
 */
export async function readCredentials(host: string, env: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  const file = join(env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker'), 'config.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const entry = entryOf(text, file)[host];
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(entry?.auth ?? '', 'base64').toString()) ?? [];
  return username === undefined || password === undefined ? undefined : { username, password };
}

function entryOf(text: string, file: string): Readonly<Record<string, { readonly auth?: string } | undefined>> {
  try {
    return (JSON.parse(text) as { auths?: Record<string, { auth?: string }> }).auths ?? {};
  } catch {
    throw refuse(`${file}: want JSON`);
  }
}

export const basic = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
