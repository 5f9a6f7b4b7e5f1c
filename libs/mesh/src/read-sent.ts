/** What somebody else's server is sent beside a request: `metadata`, `token`, `authority` and `forward` of a service in mesh.yaml. */
import { isRecord, text, texts } from './fields.ts';
import type { Sent } from './mesh.ts';
import { readSecretPlace, type SecretNoted, secretFields } from './read-secret.ts';
import type { TlsPlace } from './read-tls.ts';

const keyPattern = /^[a-z0-9_.-]{1,64}$/;
const valuePattern = /^[\x20-\x7e]{0,1024}$/;
const entriesMax = 32;
/** What the gateway or gRPC itself says to a server, and no caller does. */
const ownedPattern =
  /^(grpc-|:|x-mesh-|x-gateway-|sheaf-)|^(te|host|user-agent|content-type|content-length|connection|traceparent)$/;
/** What lets somebody in. */
const credentials: readonly string[] = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key'];

export const sentFields = {
  metadata: (value: unknown) => value,
  token: (value: unknown) => value,
  authority: text('a host, with a port or without, such as triton.example:8001', /^[A-Za-z0-9._-]{1,253}(:\d{1,5})?$/),
  forward: texts,
};

export interface SentGiven {
  readonly metadata?: unknown;
  readonly token?: unknown;
  readonly authority?: string;
  readonly forward?: readonly string[];
}

/** `place` is the service's. */
export async function readSent(place: SecretNoted, given: SentGiven): Promise<Sent | undefined> {
  const { metadata, token, authority, forward } = given;
  if (metadata === undefined && token === undefined && authority === undefined && forward === undefined)
    return undefined;
  const fixed = readMetadata(place, metadata);
  const secret = await readToken(place, token);
  const taken = new Set([...Object.keys(fixed), ...(secret ? [secret.header] : [])]);
  const handed = readForward(place, forward ?? [], taken);
  return {
    metadata: fixed,
    ...(secret ? { token: secret } : {}),
    ...(authority ? { authority } : {}),
    forward: handed,
  };
}

function readMetadata({ yaml, path, problems }: TlsPlace, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  const at = [...path, 'metadata'];
  if (!isRecord(value) || Object.keys(value).length > entriesMax) {
    problems.push(yaml.place(at, `want at most ${entriesMax} keys with texts, such as { x-tenant: a }`));
    return {};
  }
  const read = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    const wrong =
      keyProblem(key) ??
      (credentials.includes(key)
        ? 'a secret does not belong into mesh.yaml; want it as `token`, from the environment or a file'
        : undefined) ??
      (typeof item === 'string' && valuePattern.test(item)
        ? undefined
        : 'want a text of printable ASCII, at most 1024 characters');
    if (wrong) problems.push(yaml.place([...at, key], wrong));
    else read.set(key, item as string);
  }
  return Object.fromEntries(read);
}

function readForward(
  { yaml, path, problems }: TlsPlace,
  keys: readonly string[],
  taken: ReadonlySet<string>,
): readonly string[] {
  const at = [...path, 'forward'];
  if (keys.length > entriesMax) problems.push(yaml.place(at, `want at most ${entriesMax} keys, got ${keys.length}`));
  for (const [index, key] of keys.entries()) {
    const wrong = keyProblem(key) ?? (taken.has(key) ? `"${key}" is what metadata or token says already` : undefined);
    if (wrong) problems.push(yaml.place([...at, index], wrong));
  }
  return keys;
}

function keyProblem(key: string): string | undefined {
  if (!keyPattern.test(key))
    return `want a key of metadata in lower case, such as x-tenant, got ${JSON.stringify(key.slice(0, 64))}`;
  if (key === 'traceparent') return '"traceparent" goes with each call by itself, of the span that asks';
  if (ownedPattern.test(key)) return `"${key}" is what the gateway or gRPC itself says`;
  return key.endsWith('-bin') ? `"${key}" is binary; want a key of text` : undefined;
}

const tokenFields = { ...secretFields, header: text('a key of metadata in lower case', keyPattern) };

async function readToken(place: SecretNoted, value: unknown): Promise<Sent['token']> {
  const { yaml, path, problems, notes } = place;
  const at = [...path, 'token'];
  const read = await readSecretPlace({ ...place, path: at }, value, tokenFields, 'token');
  if (!read) return undefined;
  const { header = 'authorization' } = read.fields;
  const wrongHeader = keyProblem(header);
  if (wrongHeader) problems.push(yaml.place([...at, 'header'], wrongHeader));
  const outcome = `${path.at(-1)} is not ready ${'file' in read.place ? 'until it is there' : 'without it'}`;
  if (read.wrong) notes.push({ ...read.wrong, message: `${read.wrong.message}; ${outcome}` });
  return { place: read.place, header };
}
