/** What somebody else's server is sent beside a request: `metadata`, `token`, `authority` and `forward` of a service in mesh.yaml. */
import type { TokenGiven } from '../language/secrets.ts';
import type { ServiceGiven } from '../language/services.ts';
import type { Sent } from '../mesh.ts';
import { findSecret, type SecretNoted } from './read-secret.ts';

export type SentGiven = Pick<ServiceGiven, 'metadata' | 'token' | 'authority' | 'forward'>;

/** `at` is the service's. */
export async function readSent(at: SecretNoted, given: SentGiven): Promise<Sent | undefined> {
  const { metadata, token, authority, forward } = given;
  if (metadata === undefined && token === undefined && authority === undefined && forward === undefined)
    return undefined;
  const secret = token && (await readToken(at, token));
  checkForward(at, forward ?? [], new Set([...Object.keys(metadata ?? {}), ...(secret ? [secret.header] : [])]));
  return {
    metadata: metadata ?? {},
    ...(secret ? { token: secret } : {}),
    ...(authority ? { authority } : {}),
    forward: forward ?? [],
  };
}

function checkForward({ place, path, problems }: SecretNoted, keys: readonly string[], taken: ReadonlySet<string>) {
  for (const [index, key] of keys.entries())
    if (taken.has(key))
      problems.push(place([...path, 'forward', index], `"${key}" is what metadata or token says already`));
}

async function readToken(at: SecretNoted, given: TokenGiven): Promise<Sent['token']> {
  const found = await findSecret({ ...at, path: [...at.path, 'token'] }, given, 'token');
  if (!found) return undefined;
  const outcome = `${at.path.at(-1)} is not ready ${'file' in found.place ? 'until it is there' : 'without it'}`;
  if (found.wrong) at.notes.push({ ...found.wrong, message: `${found.wrong.message}; ${outcome}` });
  return { place: found.place, header: given.header ?? 'authorization' };
}
