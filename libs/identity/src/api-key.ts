import { hash, timingSafeEqual } from 'node:crypto';
import { InferError, type Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import type { Grant } from './credentials.ts';
import { grantProblem, mixedDuty, nameCharsMax } from './grant.ts';
import { endOf } from './key-terms.ts';
import { credentialExpired, credentialInvalid } from './refusals.ts';

/** 32 letters, so that five bits of a random byte choose one without bias. */
const idLetters = 'abcdefghijklmnopqrstuvwxyz234567';
const idChars = 12;
const secretBytes = 32;
const hashBytes = 32;

/** `sheaf_<id>_<secret>`: a prefix that scanners for leaked secrets can look for, what may be told, what may not. */
const keyPattern = /^sheaf_([a-z2-7]{12})_([A-Za-z0-9_-]{43})$/;

export const looksLikeApiKey = (text: string): boolean => text.startsWith('sheaf_');

export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

/** The parts of a key as a caller sends it; undefined when it has not the form of one. */
export function parseApiKey(text: string): KeyParts | undefined {
  const [, id, secret] = keyPattern.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}

export interface CreatedKey {
  /** What is kept. */
  readonly key: ApiKey;
  /** What is shown to its owner, once. */
  readonly text: string;
}

/** `random` answers that many bytes from a cryptographic source. Times are milliseconds since the epoch. */
export function createApiKey(
  random: (bytes: number) => Uint8Array,
  grant: Grant,
  note: string,
  now: number,
  expiresAt: number | undefined,
): CreatedKey {
  const problem = grantProblem(grant) ?? orderProblem(note, now, expiresAt);
  if (problem !== undefined) throw new InferError('INVALID_ARGUMENT', problem);
  const id = Array.from(random(idChars), (byte) => idLetters[byte % idLetters.length]).join('');
  const { secretHash, text } = createSecret(random, id);
  const { tenant, roles, models, priority = 'standard' } = grant;
  const given = { id, secretHash, tenant, roles, models, priority, note, createdAt: now, expiresAt };
  return {
    key: { ...given, revokedAt: undefined, rotatedAt: undefined, replaced: undefined, lastUsedAt: undefined },
    text,
  };
}

/** A secret for the key of this id; `text` is shown to its owner, once. */
export function createSecret(
  random: (bytes: number) => Uint8Array,
  id: string,
): { readonly secretHash: string; readonly text: string } {
  const secret = Buffer.from(random(secretBytes)).toString('base64url');
  const text = `sheaf_${id}_${secret}`;
  if (!keyPattern.test(text))
    throw new InferError('INTERNAL', 'the source of random bytes answered too few or too many');
  return { secretHash: hash('sha256', secret, 'hex'), text };
}

function orderProblem(note: string, now: number, expiresAt: number | undefined): string | undefined {
  if (note.length > nameCharsMax) return `note: want at most ${nameCharsMax} characters, got ${note.length}`;
  // Written so that NaN is refused too.
  return expiresAt === undefined || expiresAt > now ? undefined : 'expires: want a time to come';
}

/** What is worked out of a key once, however often it is shown. */
interface KnownKey {
  readonly secretHash: Uint8Array;
  /** Of the secret before; compared with on each call, so that time tells nobody whether there is one. */
  readonly replacedHash: Uint8Array;
  /** Undefined for a record that gives what no credential may give. */
  readonly principal: Principal | undefined;
}

/** No text hashes to this, as far as anybody knows; what is compared with it is refused anyway. */
const noHash = new Uint8Array(hashBytes);
const nobody: KnownKey = { secretHash: noHash, replacedHash: noHash, principal: undefined };

function knownKey(key: ApiKey): KnownKey {
  const { id, tenant, roles, models, priority } = key;
  const secretHash = Buffer.from(key.secretHash, 'hex');
  const replaced = key.replaced && Buffer.from(key.replaced.secretHash, 'hex');
  if (secretHash.length !== hashBytes || mixedDuty(roles)) return nobody;
  const replacedHash = replaced?.length === hashBytes ? replaced : noHash;
  return { secretHash, replacedHash, principal: { id: `key:${id}`, tenant, roles, models, priority, claims: {} } };
}

export interface KeyCheckPorts {
  /** The keys as they are now, by id; throws UNAVAILABLE while nobody can tell which ones count. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The most days that a key counts from when its secret was made; undefined: as long as it says. */
  readonly daysMax: number | undefined;
  /** Told of each call that comes in with a key. */
  readonly onUse: (id: string, at: number) => void;
}

/** A key as it is shown, but for its secret. */
interface ReadKey {
  readonly id: string;
  /** The hash of its secret. */
  readonly shown: Uint8Array;
}

/** Of the keys that were good, so many are read once however often they are shown: hashing takes a tenth of a small call. They are held against what counts now each time. */
const readGoodMax = 1_024;

function readKey(text: string): ReadKey {
  const parts = parseApiKey(text);
  if (parts === undefined) throw credentialInvalid('the API key has not the form of one');
  return { id: parts.id, shown: hash('sha256', parts.secret, 'buffer') };
}

/** Answers who shows an API key. A key that is not known takes the same steps as one whose secret is wrong. */
export function createKeyCheck({ keys, now, daysMax, onUse }: KeyCheckPorts): (text: string) => Principal {
  const known = new WeakMap<ApiKey, KnownKey>();
  const lookUp = (id: string): [ApiKey | undefined, KnownKey] => {
    const key = keys().get(id);
    const seen = key === undefined ? nobody : (known.get(key) ?? knownKey(key));
    if (key !== undefined) known.set(key, seen);
    return [key, seen];
  };
  const readGood = new Map<string, ReadKey>();
  return (text) => {
    const good = readGood.get(text);
    const { id, shown } = good ?? readKey(text);
    const [key, { secretHash, replacedHash, principal }] = lookUp(id);
    const isCurrent = timingSafeEqual(shown, secretHash);
    const isReplaced = timingSafeEqual(shown, replacedHash);
    // One text for all of it: whether the id exists is told to nobody.
    if (!(isCurrent || isReplaced) || principal === undefined || key === undefined || key.revokedAt !== undefined) {
      throw credentialInvalid('the API key is not valid');
    }
    const at = now();
    const end = endOf(key, daysMax);
    const until = isCurrent ? end : Math.min(end ?? Number.POSITIVE_INFINITY, key.replaced?.until ?? 0);
    if (until !== undefined && at >= until) throw credentialExpired('API key');
    onUse(key.id, at);
    if (good === undefined) {
      if (readGood.size >= readGoodMax) readGood.clear();
      readGood.set(text, { id, shown });
    }
    return principal;
  };
}
