import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type Clock, InferError } from '@sheaf/inference';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { fetchText } from './fetch-text.ts';
import { isLoopback } from './loopback.ts';
import { identityUnavailable } from './refusals.ts';

/** The keys of an issuer at one time: another object means that they have changed. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

export interface KeySource {
  /** What can be used without waiting; starts to look for newer ones when it is time. */
  current(): KeySet | undefined;
  /** Throws IDENTITY_UNAVAILABLE when there are none and none can be had. */
  ready(): Promise<KeySet>;
  /** Other keys than those, which lack the one that a token names; undefined when there are none, or it is too early to ask again. */
  newerThan(keys: KeySet): Promise<KeySet | undefined>;
}

/** Ages are measured on a monotonic clock: a step of the wall clock neither drops keys nor keeps them. */
export interface KeySourcePorts {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

const minute = 60_000;
/** From here on, a call makes us look for newer keys, and does not wait for them. */
export const keysFreshMs = 5 * minute;
/** From here on, calls wait for newer keys: nobody has asked for long, or the URL has just gone. */
export const keysWaitMs = 10 * minute;
/** Keys that could not be looked up again for so long are trusted no more. */
export const keysStaleMaxMs = 24 * 60 * minute;
/** Between a fetch and the next: tokens that name unknown keys do not make us flood the issuer. */
export const coolDownMs = 30_000;
export const coolDownAfterFailureMs = 5_000;

const isUrl = (jwks: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(jwks);

/** What is wrong with the place where keys are said to be. */
export function jwksProblem(jwks: string): string | undefined {
  if (!isUrl(jwks)) return isAbsolute(jwks) ? undefined : 'want an absolute path or an https URL';
  const url = URL.parse(jwks);
  if (url === null) return 'want a URL';
  if (url.username !== '' || url.password !== '') return 'want a URL without a user';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return undefined;
  return 'want https, or http on loopback: whoever could change the keys on the way could sign tokens';
}

/** A file is read here and now, and a bad one throws; a URL is asked when the first token comes. */
export function createKeySource(jwks: string, ports: KeySourcePorts): KeySource {
  return isUrl(jwks) ? createRemoteKeys(jwks, ports) : createFileKeys(jwks);
}

function parseKeySet(text: string): KeySet {
  // Its form is checked by jose, which throws.
  const set = JSON.parse(text) as JSONWebKeySet;
  const keys = createLocalJWKSet(set);
  if (set.keys.some((key) => 'd' in key)) throw new Error('it holds a private key');
  return keys;
}

function readKeySet(file: string): KeySet {
  try {
    return parseKeySet(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown';
    throw new InferError('INVALID_ARGUMENT', `identity: the key set ${file} cannot be used: ${why}`, { cause });
  }
}

function createFileKeys(file: string): KeySource {
  const keys = readKeySet(file);
  return { current: () => keys, ready: async () => keys, newerThan: async () => undefined };
}

interface Held {
  readonly keys: KeySet;
  readonly text: string;
  readonly at: number;
}

interface Attempt {
  readonly at: number;
  /** Undefined when it went well. */
  readonly error: unknown;
}

function createRemoteKeys(url: string, { clock, fetch }: KeySourcePorts): KeySource {
  let held: Held | undefined;
  let last: Attempt | undefined;
  let pending: Promise<void> | undefined;

  const coolDownLeftMs = (): number => {
    if (last === undefined) return 0;
    return last.at + (last.error === undefined ? coolDownMs : coolDownAfterFailureMs) - clock.now();
  };

  const load = async (): Promise<void> => {
    try {
      const text = await fetchText(url, fetch, clock);
      // The same text is the same keys: what was verified with them stays verified.
      const keys = held?.text === text ? held.keys : parseKeySet(text);
      held = { keys, text, at: clock.now() };
      last = { at: clock.now(), error: undefined };
    } catch (error) {
      last = { at: clock.now(), error: error ?? 'unknown' };
    }
    pending = undefined;
  };

  /** One fetch for all who wait for it. Never throws: `held` and `last` tell how it went. */
  const refresh = async (): Promise<void> => {
    if (pending === undefined && coolDownLeftMs() > 0) return;
    pending ??= load();
    await pending;
  };

  const heldForMs = (): number => (held === undefined ? Number.POSITIVE_INFINITY : clock.now() - held.at);

  const current = (): KeySet | undefined => {
    const age = heldForMs();
    if (age > keysFreshMs && held !== undefined) void refresh();
    if (age > keysStaleMaxMs) return undefined;
    // While the URL is down, old keys are used without waiting for each new try.
    return age > keysWaitMs && last?.error === undefined ? undefined : held?.keys;
  };

  return {
    current,
    async ready() {
      const keys = current();
      if (keys !== undefined) return keys;
      await refresh();
      if (held !== undefined && heldForMs() <= keysStaleMaxMs) return held.keys;
      throw identityUnavailable(coolDownLeftMs(), last?.error);
    },
    async newerThan(keys) {
      if (held?.keys === keys) await refresh();
      return held?.keys === keys ? undefined : held?.keys;
    },
  };
}
