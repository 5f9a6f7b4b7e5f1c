import { type Clock, InferError, monotonicClock, type Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import { createKeyCheck, looksLikeApiKey } from './api-key.ts';
import { createCertificateCheck } from './certificate.ts';
import type { Authenticate, Grant, IdentitySpec } from './credentials.ts';
import { identityProblems } from './identity-problems.ts';
import { credentialInvalid, credentialsMissing } from './refusals.ts';
import { createTokenCheck, tokenCharsMax } from './token-check.ts';

export interface AuthenticatePorts {
  /** The keys as they are now, by id. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Milliseconds since the epoch, of the clock that the world goes by: what keys and tokens expire by. */
  readonly now: () => number;
  /** For key sets behind a URL. */
  readonly fetch?: typeof fetch;
  /** How old fetched keys are, and how long a fetch may take. */
  readonly clock?: Clock;
}

/** Throws INVALID_ARGUMENT for a spec that cannot be right, and for a file of keys that cannot be read. */
export function createAuthenticate(spec: IdentitySpec, ports: AuthenticatePorts): Authenticate {
  const [problem] = identityProblems(spec);
  if (problem !== undefined) throw new InferError('INVALID_ARGUMENT', `identity: ${problem.path}: ${problem.message}`);
  const { now, keys, fetch = globalThis.fetch, clock = monotonicClock } = ports;
  const checkKey = spec.keys ? createKeyCheck(keys, now) : refuseKeys;
  const checkCertificate = createCertificateCheck(spec.certificates, now);
  const checkToken = createTokenCheck(spec.jwt, { now, fetch, clock });
  const anonymous = spec.anonymous && anonymousPrincipal(spec.anonymous);

  // The first credential that is shown decides; a bad one is refused, whatever else is there.
  return ({ apiKey, authorization, certificate }) => {
    if (apiKey !== undefined) {
      if (authorization !== undefined) throw credentialInvalid('want one credential, got x-api-key and authorization');
      return checkKey(apiKey);
    }
    if (authorization !== undefined) {
      const token = bearerToken(authorization);
      return looksLikeApiKey(token) ? checkKey(token) : checkToken(token);
    }
    if (certificate !== undefined && spec.certificates.length > 0) return checkCertificate(certificate);
    if (anonymous === undefined) throw credentialsMissing();
    return anonymous;
  };
}

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

function bearerToken(authorization: string): string {
  const [, token] =
    authorization.length <= tokenCharsMax + schemeCharsMax ? (bearerPattern.exec(authorization) ?? []) : [];
  if (token === undefined) throw credentialInvalid('authorization: want Bearer and a token of at most 8 KiB');
  return token;
}
