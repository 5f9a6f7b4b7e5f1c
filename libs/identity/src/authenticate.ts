import { InferError, monotonicClock, type Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import { type CheckAddress, comesFrom } from './addresses.ts';
import { createKeyCheck, looksLikeApiKey, parseApiKey } from './api-key.ts';
import { createCertificateCheck } from './certificate.ts';
import type { Authenticate, Credentials, Grant, IdentitySpec } from './credentials.ts';
import { createFailureBook, createThrottle, type FailureBook, type Throttle, throttleDefault } from './failures.ts';
import { identityProblems } from './identity-problems.ts';
import { createKeySources, type KeySources } from './key-source.ts';
import { authenticationThrottled, credentialInvalid, credentialsMissing } from './refusals.ts';
import { type CheckNew, createTokenCheck, tokenBytesDefault } from './token-check.ts';

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
  const { now, keys, onKeyUse: onUse = () => {}, keySources = openKeySources() } = ports;
  const { failures = createFailureBook() } = ports;
  const { tokenBytesMax = tokenBytesDefault, keyDaysMax: daysMax, throttle = throttleDefault } = spec;
  const checkKey = spec.keys ? createKeyCheck({ keys, now, daysMax, onUse }) : refuseKeys;
  const checkCertificate = createCertificateCheck(spec.certificates, now);
  const checkToken = createTokenCheck(spec.jwt, { now, keySources, tokenBytesMax });
  const anonymous = spec.anonymous && anonymousPrincipal(spec.anonymous);
  const checkAnonymous: CheckAddress = comesFrom(spec.anonymous?.addresses, 'this server without a credential');

  // The first credential that is shown decides; a bad one is refused, whatever else is there. `checkNew` is asked before one that is not remembered.
  const decide = (
    { apiKey, authorization, certificate, address }: Credentials,
    checkNew: CheckNew,
  ): Principal | Promise<Principal> => {
    const checkKeyFrom = (text: string): Principal => {
      checkNew(() => `key:${parseApiKey(text)?.id}`);
      return checkKey(text);
    };
    if (apiKey !== undefined) {
      if (authorization !== undefined) throw credentialInvalid('want one credential, got x-api-key and authorization');
      return checkKeyFrom(apiKey);
    }
    if (authorization !== undefined) {
      const token = bearerToken(authorization, tokenBytesMax);
      return looksLikeApiKey(token) ? checkKeyFrom(token) : checkToken(token, address, checkNew);
    }
    if (certificate !== undefined && spec.certificates.length > 0) return checkCertificate(certificate, address);
    if (anonymous === undefined) throw credentialsMissing();
    checkAnonymous(address);
    return anonymous;
  };
  if (throttle === false) return (credentials) => decide(credentials, () => {});
  return throttled(decide, createThrottle(throttle, failures, now));
}

/**
 * Who fails again and again is not looked at for a while. Whoever was good from there before is: it may share the address with who fails. Whoever shows nothing
 * has tried nothing, what has expired was good, and keys that cannot be had are no fault of the caller.
 */
function throttled(
  decide: (credentials: Credentials, checkNew: CheckNew) => Principal | Promise<Principal>,
  throttle: Throttle,
): Authenticate {
  return (credentials) => {
    const { address, apiKey, authorization } = credentials;
    // Nobody guesses a certificate: the connection has proved that it is its owner's.
    const isGuess = apiKey !== undefined || authorization !== undefined;
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
      const answer = decide(credentials, checkNew);
      return answer instanceof Promise ? answer.then(succeeded, failed) : succeeded(answer);
    } catch (error) {
      return failed(error);
    }
  };
}

/** Of this process: by its clock and its environment. */
export const openKeySources = (): KeySources =>
  createKeySources({ clock: monotonicClock, env: process.env, log: console.error });

function refuseKeys(): never {
  throw credentialInvalid('API keys are not accepted here');
}

const anonymousPrincipal = ({ tenant, roles, models, priority = 'standard' }: Grant): Principal => ({
  id: 'anonymous',
  tenant,
  roles,
  models,
  priority,
  claims: {},
});

/** The scheme in any case, spaces, and something without one. */
const bearerPattern = /^bearer +([^ ]+)$/i;
const schemeCharsMax = 64;

function bearerToken(authorization: string, bytesMax: number): string {
  const [, token] = authorization.length <= bytesMax + schemeCharsMax ? (bearerPattern.exec(authorization) ?? []) : [];
  if (token === undefined)
    throw credentialInvalid(`authorization: want Bearer and a token of at most ${bytesMax} bytes`);
  return token;
}
