/** Secrets that mesh.yaml names: where they are, never what they are. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isRecord, readFields, text } from './fields.ts';
import type { MeshTls, SecretPlace } from './mesh.ts';
import type { MeshProblem } from './problem.ts';
import type { TlsPlace } from './read-tls.ts';

const secretBytesMax = 48 * 1024;
/** Whoever guesses is to need more than one life. */
const meshSecretCharsMin = 32;

export const secretFields = {
  env: text('the name of a variable of the environment', /^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  file: text('a file, from the mesh folder', /^[^\0]+$/),
};

/** Where in mesh.yaml a secret is. */
export interface SecretNoted extends TlsPlace {
  /** What is no mistake of the file: a secret that is not there here and now, since where the folder is checked need not be where it is served. */
  readonly notes: MeshProblem[];
}

/** Of the processes of the mesh among themselves. */
export async function readMeshSecret(
  place: SecretNoted,
  value: unknown,
  tls: MeshTls | undefined,
): Promise<SecretPlace | undefined> {
  const read = await readSecretPlace(place, value, secretFields, 'secret', meshSecretCharsMin);
  if (read?.wrong && read.isMissing)
    place.notes.push({ ...read.wrong, message: `${read.wrong.message}; the mesh does not start without it` });
  else if (read?.wrong) place.problems.push(read.wrong);
  if (read && tls)
    place.problems.push(place.yaml.place(place.path, 'want tls or secret: with tls, certificates say who asks'));
  return read?.place;
}

/** Reads `{ env }` or `{ file }`, with other `fields` beside it; undefined, and told, where it names neither. `wrong` is what is wrong with the secret there, if only that it is not (`isMissing`). */
export async function readSecretPlace<Fields extends typeof secretFields>(
  { yaml, folder, path, problems }: TlsPlace,
  value: unknown,
  fields: Fields,
  what: 'token' | 'secret',
  charsMin = 1,
) {
  if (value === undefined) return undefined;
  if (!isRecord(value)) {
    problems.push(
      yaml.place(
        path,
        'want { env: <variable> } or { file: <path> }; the secret itself does not belong into mesh.yaml',
      ),
    );
    return undefined;
  }
  const read = readFields(yaml, path, value, fields, problems);
  const { env, file } = read as { readonly env?: string; readonly file?: string };
  if ((env === undefined) === (file === undefined)) {
    if (!('env' in value && 'file' in value) && ('env' in value || 'file' in value)) return undefined;
    problems.push(yaml.place(path, `want either env or file, the place where the ${what} is`));
    return undefined;
  }
  const place: SecretPlace = env === undefined ? { file: resolve(folder, file ?? '') } : { env };
  const key = env === undefined ? 'file' : 'env';
  const wrong = await secretProblem(place, file ?? '', what, charsMin);
  if (!wrong) return { place, fields: read, wrong: undefined, isMissing: false };
  return { place, fields: read, wrong: yaml.place([...path, key], wrong.message), isMissing: wrong.isMissing };
}

async function secretProblem(
  place: SecretPlace,
  name: string,
  what: string,
  charsMin: number,
): Promise<{ readonly message: string; readonly isMissing: boolean } | undefined> {
  const missing = (message: string) => ({ message, isMissing: true });
  const wrong = (message: string) => ({ message, isMissing: false });
  const where = 'env' in place ? place.env : `"${name}"`;
  const content = 'env' in place ? process.env[place.env] : await readFile(place.file, 'utf8').catch(() => undefined);
  if ('env' in place && !content?.trim())
    return missing(`the environment has no ${where}; set it to the ${what} where the mesh is started`);
  if (content === undefined) return missing(`there is no file ${where} that can be read`);
  const secret = content.trim();
  if (!/^[\x20-\x7e]+$/.test(secret) || secret.length > secretBytesMax)
    return wrong(`${where} holds no ${what}: want one line of printable ASCII, at most ${secretBytesMax} characters`);
  return secret.length < charsMin
    ? wrong(`${where} holds ${secret.length} characters; want at least ${charsMin}, such as of "openssl rand -hex 32"`)
    : undefined;
}
