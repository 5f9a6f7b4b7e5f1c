import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { InferError, isLoopback } from '@sheaf/inference';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { type FetchPorts, fetchText, type Remote } from './fetch-text.ts';
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
export interface KeySourcePorts extends FetchPorts {
  /** Told when keys behind a URL cannot be had, and when they can be again. */
  readonly log: (line: string, event: 'keys.readable' | 'keys.unreadable') => void;
}

/** Where the keys of an issuer are. */
export interface KeyPlace {
  readonly jwks: string;
  readonly ca?: string | undefined;
}

/** The same place has the same source, also for whoever asks again after a reload: what was fetched counts on while the URL is down. */
export type KeySources = (place: KeyPlace) => KeySource;

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

/** Reloads may have named so many URLs before the one that was named first is forgotten. */
const sourcesMax = 64;

/** A file is read here and now, and a bad one throws; a URL is asked on the side, so that its keys are there when the first token comes. */
export function createKeySources(ports: KeySourcePorts): KeySources {
  const known = new Map<string, RemoteKeys>();
  return ({ jwks, ca }) => {
    if (!isUrl(jwks)) return createFileKeys(jwks);
    const name = JSON.stringify([jwks, ca]);
    const source = known.get(name) ?? createRemoteKeys({ url: jwks, ca }, ports);
    const [oldest] = known.size >= sourcesMax ? known.keys() : [];
    if (oldest !== undefined && !known.has(name)) known.delete(oldest);
    known.set(name, source);
    void source.refresh();
    return source;
  };
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

interface RemoteKeys extends KeySource {
  refresh(): Promise<void>;
}

function createRemoteKeys(remote: Remote, { log, ...ports }: KeySourcePorts): RemoteKeys {
  const { clock } = ports;
  let held: Held | undefined;
  let last: Attempt | undefined;
  let pending: Promise<void> | undefined;

  const coolDownLeftMs = (): number => (last === undefined ? 0 : coolDownEnd(last) - clock.now());

  const load = async (): Promise<void> => {
    try {
      const text = await fetchText(remote, ports);
      // The same text is the same keys: what was verified with them stays verified.
      const keys = held?.text === text ? held.keys : parseKeySet(text);
      held = { keys, text, at: clock.now() };
      if (last?.error !== undefined) log(`${placeName(remote)} can be had again`, 'keys.readable');
      last = { at: clock.now(), error: undefined };
    } catch (error) {
      const until = held ? 'those from before are used on' : 'tokens that they sign are UNAVAILABLE until they can';
      if (last === undefined || last.error === undefined)
        log(`${placeName(remote)} cannot be had (${reasonOf(error)}); ${until}`, 'keys.unreadable');
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
    refresh,
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

const coolDownEnd = ({ at, error }: Attempt): number =>
  at + (error === undefined ? coolDownMs : coolDownAfterFailureMs);

/** Names where the keys are, without what may be secret in a URL. */
function placeName({ url }: Remote): string {
  const { origin, pathname } = new URL(url);
  return `identity: the keys at ${origin}${pathname}`;
}

/** Codes of Node's that say that nobody vouches for the server. */
const untrusted = /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE))/;

/** Our own words or a code, never a text that quotes what was answered. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'the answer is no JSON';
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return untrusted.test(code) ? `${code}: if it has an authority of its own, name that in \`ca\`` : code;
}
