import { InferError, log, monotonicClock, type Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import type { Authenticate, Credentials } from './credentials.ts';
import { createFailureBook, createThrottle, type FailureBook, type Throttle, throttleDefault } from './failures.ts';
import { type IdentitySpec, identityProblems } from './identity-spec.ts';
import { createKeySources, type KeySources } from './key-source.ts';
import { everyProvider } from './providers/index.ts';
import type { CheckNew, Shown } from './providers/provider.ts';
import { authenticationThrottled, credentialInvalid, credentialsMissing } from './refusals.ts';
import { tokenBytesDefault } from './token-check.ts';

export interface AuthenticatePorts {
  /** The keys as they are now, by id. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Told of each call that comes in with an API key. */
  readonly onKeyUse?: (id: string, at: number) => void;
  /** Milliseconds since the epoch, of the clock that the world goes by: what keys and tokens expire by. */
  readonly now: () => number;
  /** The keys of issuers; what outlives a reload should bring its own. */
  readonly keySources?: KeySources;
  /** Who failed lately; what outlives a reload should bring its own. */
  readonly failures?: FailureBook;
}

/** Throws INVALID_ARGUMENT for a spec that cannot be right, and for a file of keys that cannot be read. */
export function createAuthenticate(spec: IdentitySpec, ports: AuthenticatePorts): Authenticate {
  const [problem] = identityProblems(spec);
  if (problem !== undefined) throw new InferError('INVALID_ARGUMENT', `identity: ${problem.path}: ${problem.message}`);
  const { now, keys, onKeyUse = () => {}, keySources = openKeySources(), failures = createFailureBook() } = ports;
  const { tokenBytesMax = tokenBytesDefault, throttle = throttleDefault } = spec;
  const providers = everyProvider.map((provider) => ({
    isGuessed: provider.isGuessed,
    check: provider.open(spec, { now, keys, onKeyUse, keySources }),
  }));

  // The first credential that is shown decides; a bad one is refused, whatever else is there.
  const decide: Decide = (credentials, checkNew, onAsked) => {
    const shown = readShown(credentials, tokenBytesMax);
    for (const { check, isGuessed } of providers) {
      onAsked(isGuessed);
      const principal = check(shown, checkNew);
      if (principal !== undefined) return principal;
    }
    throw credentialsMissing(wanted);
  };
  if (throttle === false) return (credentials) => decide(credentials, ignore, ignore);
  return throttled(decide, createThrottle(throttle, failures, now));
}

const wanted = everyProvider.flatMap((provider) => provider.wanted ?? []);
const ignore = (): void => {};

/** `onAsked` is told of each provider that is asked whether what it checks may be guessed. */
type Decide = (
  credentials: Credentials,
  checkNew: CheckNew,
  onAsked: (isGuessed: boolean) => void,
) => Principal | Promise<Principal>;

function readShown({ authorization, ...others }: Credentials, tokenBytesMax: number): Shown {
  if (authorization === undefined) return { ...others, bearer: undefined };
  if (others.apiKey !== undefined) throw credentialInvalid('want one credential, got x-api-key and authorization');
  return { ...others, bearer: bearerToken(authorization, tokenBytesMax) };
}

/**
 * Who fails again and again is not looked at for a while. Whoever was good from there before is: it may share the address with who fails. Whoever shows nothing
 * has tried nothing, what has expired was good, and keys that cannot be had are no fault of the caller.
 */
function throttled(decide: Decide, throttle: Throttle): Authenticate {
  return (credentials) => {
    const { address } = credentials;
    // What cannot even be read is a guess.
    let isGuess = true;
    const onAsked = (isGuessed: boolean): void => {
      isGuess = isGuessed;
    };
    const failed = (error: unknown): never => {
      if (isGuess && error instanceof InferError && error.reason === 'TOKEN_INVALID') throttle.failed(address);
      throw error;
    };
    const succeeded = (principal: Principal): Principal => {
      throttle.succeeded(principal, address);
      return principal;
    };
    const checkNew: CheckNew = (claimed) => {
      const waitMs = throttle.waitMs(address);
      if (waitMs > 0 && !throttle.isKnown(claimed(), address)) throw authenticationThrottled(waitMs);
    };
    try {
      const answer = decide(credentials, checkNew, onAsked);
      return answer instanceof Promise ? answer.then(succeeded, failed) : succeeded(answer);
    } catch (error) {
      return failed(error);
    }
  };
}

/** Of this process: by its clock and its environment. */
export const openKeySources = (): KeySources =>
  createKeySources({ clock: monotonicClock, env: process.env, log: (line, event) => log(event, line) });

/** The scheme in any case, spaces, and something without one. */
const bearerPattern = /^bearer +([^ ]+)$/i;
const schemeCharsMax = 64;

function bearerToken(authorization: string, bytesMax: number): string {
  const [, token] = authorization.length <= bytesMax + schemeCharsMax ? (bearerPattern.exec(authorization) ?? []) : [];
  if (token === undefined)
    throw credentialInvalid(`authorization: want Bearer and a token of at most ${bytesMax} bytes`);
  return token;
}
