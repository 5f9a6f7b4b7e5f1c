/** A secret from the environment or a file; what stands in the file counts as soon as it changes. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { InferError, log } from '@sheaf/inference';
import { fileState } from '../tls/certificate-files.ts';

export type SecretPlace =
  | { readonly env: string }
  /** Absolute. */
  | { readonly file: string };

/** How often a file is looked at while it is used. Not fs.watch: it says nothing on network file systems, and loses a file behind a symlink that moves. */
export const lookIntervalMs = 2_000;
const charsMax = 48 * 1024;
/** What may stand in a header. */
const printable = /^[\x21-\x7e]+( [\x21-\x7e]+)*$/;

export interface SecretPorts {
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

const ownPorts: SecretPorts = {
  now: () => performance.now(),
  env: process.env,
  log: (line) => log('secret.unreadable', line),
};

/** `what` names it in errors and logs. Of a file that cannot be used any more the last secret is used on, which is told once. */
export function createSecret(what: string, place: SecretPlace, ports: Partial<SecretPorts> = {}): () => string {
  const { now, env, log: tell } = { ...ownPorts, ...ports };
  let current: string | undefined;
  let state: string | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const look = (): void => {
    lookedAt = now();
    const seen = 'file' in place ? fileState(place.file) : 'env';
    if (seen === state && current !== undefined) return;
    try {
      current = read(place, env);
    } catch (error) {
      if (seen !== state)
        tell(`${what}: ${(error as Error).message}${current === undefined ? '' : '; the one before is used on'}`);
    }
    state = seen;
  };
  return () => {
    if (now() - lookedAt >= lookIntervalMs) look();
    if (current !== undefined) return current;
    throw new InferError('FAILED_PRECONDITION', `${what} cannot be read`, { reason: 'TOKEN_UNREADABLE' });
  };
}

/** What it is now. Throws where it cannot be read, and tells why. */
export const readSecret = (what: string, place: SecretPlace): string => createSecret(what, place)();

/** Throws with a sentence; of a path it has the name only. */
function read(place: SecretPlace, env: NodeJS.ProcessEnv): string {
  const [text, where] =
    'env' in place
      ? [env[place.env], `the variable ${place.env} of the environment`]
      : [textIn(place.file), basename(place.file)];
  if (text === undefined || text === '') throw new Error(`${where} is not there, or empty`);
  // Whoever writes a file ends it with a line end.
  const secret = text.trim();
  if (secret.length > charsMax || !printable.test(secret))
    throw new Error(`${where} holds no secret of printable ASCII in one line of at most ${charsMax} characters`);
  return secret;
}

function textIn(file: string): string | undefined {
  try {
    if (statSync(file).size > 2 * charsMax) return ' ';
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
