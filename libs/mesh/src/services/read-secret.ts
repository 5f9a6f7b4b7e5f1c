/** Secrets that mesh.yaml names: where they are, never what they are. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SecretGiven } from '../language/secrets.ts';
import type { MeshTls, SecretPlace } from '../mesh.ts';
import type { MeshProblem } from '../problem.ts';
import type { FilePlace } from './read-tls.ts';

const secretBytesMax = 48 * 1024;
/** Whoever guesses is to need more than one life. */
const meshSecretCharsMin = 32;

/** Where in mesh.yaml a secret is. */
export interface SecretNoted extends FilePlace {
  /** What is no mistake of the file: a secret that is not there here and now, since where the folder is checked need not be where it is served. */
  readonly notes: MeshProblem[];
}

/** Of the processes of the mesh among themselves. */
export async function readMeshSecret(
  at: SecretNoted,
  given: SecretGiven | undefined,
  tls: MeshTls | undefined,
): Promise<SecretPlace | undefined> {
  const found = given && (await findSecret(at, given, 'secret', meshSecretCharsMin));
  if (found?.wrong && found.isMissing)
    at.notes.push({ ...found.wrong, message: `${found.wrong.message}; the mesh does not start without it` });
  else if (found?.wrong) at.problems.push(found.wrong);
  if (found && tls) at.problems.push(at.place(at.path, 'want tls or secret: with tls, certificates say who asks'));
  return found?.place;
}

/** What mesh.yaml says of a place, and what is wrong with the secret there, if only that it is not (`isMissing`). */
export interface FoundSecret {
  readonly place: SecretPlace;
  readonly wrong: MeshProblem | undefined;
  readonly isMissing: boolean;
}

/** Undefined where it names neither a variable nor a file. */
export async function findSecret(
  { place, folder, path }: FilePlace,
  { env, file }: SecretGiven,
  what: 'token' | 'secret' | 'key',
  charsMin = 1,
): Promise<FoundSecret | undefined> {
  if ((env === undefined) === (file === undefined)) return undefined;
  const found: SecretPlace = env === undefined ? { file: resolve(folder, file ?? '') } : { env };
  const wrong = await secretProblem(found, file ?? '', what, charsMin);
  const key = env === undefined ? 'file' : 'env';
  return {
    place: found,
    wrong: wrong && place([...path, key], wrong.message),
    isMissing: wrong?.isMissing ?? false,
  };
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
