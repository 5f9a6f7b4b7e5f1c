import { InferError, monotonicClock, type Principal } from '@sheaf/inference';
import type { ApiKey } from '@sheaf/store';
import { createKeyCheck, looksLikeApiKey } from './api-key.ts';
import { createCertificateCheck } from './certificate.ts';
import type { Authenticate, Grant, IdentitySpec } from './credentials.ts';
import { identityProblems } from './identity-problems.ts';
import { createKeySources, type KeySources } from './key-source.ts';
import { credentialInvalid, credentialsMissing } from './refusals.ts';
import { createTokenCheck, tokenBytesDefault } from './token-check.ts';

export interface AuthenticatePorts {
  /** The keys as they are now, by id. */
  readonly keys: () => ReadonlyMap<string, ApiKey>;
  /** Told of each call that comes in with an API key. */
  readonly onKeyUse?: (id: string, at: number) => void;
  /** Milliseconds since the epoch, of the clock that the world goes by: what keys and tokens expire by. */
  readonly now: () => number;
  /** The keys of issuers; what outlives a reload should bring its own. */
  readonly keySources?: KeySources;
}

/** Throws INVALID_ARGUMENT for a spec that cannot be right, and for a file of keys that cannot be read. */
export function createAuthenticate(spec: IdentitySpec, ports: AuthenticatePorts): Authenticate {
  const [problem] = identityProblems(spec);
  if (problem !== undefined) throw new InferError('INVALID_ARGUMENT', `identity: ${problem.path}: ${problem.message}`);
  const { now, keys, onKeyUse: onUse = () => {}, keySources = openKeySources() } = ports;
  const { tokenBytesMax = tokenBytesDefault, keyDaysMax: daysMax } = spec;
  const checkKey = spec.keys ? createKeyCheck({ keys, now, daysMax, onUse }) : refuseKeys;
  const checkCertificate = createCertificateCheck(spec.certificates, now);
  const checkToken = createTokenCheck(spec.jwt, { now, keySources, tokenBytesMax });
  const anonymous = spec.anonymous && anonymousPrincipal(spec.anonymous);

  // The first credential that is shown decides; a bad one is refused, whatever else is there.
  return ({ apiKey, authorization, certificate }) => {
    if (apiKey !== undefined) {
      if (authorization !== undefined) throw credentialInvalid('want one credential, got x-api-key and authorization');
      return checkKey(apiKey);
    }
    if (authorization !== undefined) {
      const token = bearerToken(authorization, tokenBytesMax);
      return looksLikeApiKey(token) ? checkKey(token) : checkToken(token);
    }
    if (certificate !== undefined && spec.certificates.length > 0) return checkCertificate(certificate);
    if (anonymous === undefined) throw credentialsMissing();
    return anonymous;
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
