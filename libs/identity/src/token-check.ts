import { hash } from 'node:crypto';
import { InferError, type Principal } from '@sheaf/inference';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { JwtIssuer } from './credentials.ts';
import { createKeySource, type KeySet, type KeySource, type KeySourcePorts } from './key-source.ts';
import { credentialExpired, credentialInvalid } from './refusals.ts';
import { tokenPrincipal } from './token-principal.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/** Looked at before anything of a token is read. */
export const tokenCharsMax = 8 * 1024;
/** Clocks differ; a token counts for so much longer and earlier. */
export const clockSkewMs = 60_000;

export interface TokenCheckPorts extends KeySourcePorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface KnownIssuer {
  readonly spec: JwtIssuer;
  readonly source: KeySource;
}

/** Answers who shows a token: at once when it has been verified before. */
export function createTokenCheck(
  specs: readonly JwtIssuer[],
  ports: TokenCheckPorts,
): (token: string) => Principal | Promise<Principal> {
  const issuers = new Map(specs.map((spec) => [spec.issuer, { spec, source: createKeySource(spec.jwks, ports) }]));
  const verified = createVerifiedTokens(ports.now);

  const verify = async (token: string, tokenHash: string, { spec, source }: KnownIssuer): Promise<Principal> => {
    const [payload, keys] = await verifyWithNewestKeys(token, spec, source, ports.now);
    const principal = tokenPrincipal(spec, payload);
    const { exp = 0, nbf = 0 } = payload;
    verified.set(tokenHash, { principal, keys, source, validFrom: nbf * 1000 - clockSkewMs, validUntil: exp * 1000 });
    return principal;
  };

  return (token) => {
    if (token.length > tokenCharsMax) throw credentialInvalid(`the token has more than ${tokenCharsMax} characters`);
    const tokenHash = hash('sha256', token, 'base64');
    const principal = verified.get(tokenHash);
    if (principal !== undefined) return principal;
    const issuer = issuers.get(unverifiedIssuer(token));
    if (issuer === undefined) throw credentialInvalid('the token is of an issuer that is not known here');
    return verify(token, tokenHash, issuer);
  };
}

/** Whose keys to look at: nothing is believed yet. */
function unverifiedIssuer(token: string): string {
  const parts = token.split('.', 4);
  // Each byte sequence has one text only, so that nobody can make two tokens of one.
  const [, payload] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (parts.length !== 3 || payload === undefined || !parts.every(isCanonical)) throw notAToken();
  try {
    const { iss }: { iss?: unknown } = JSON.parse(payload.toString()) ?? {};
    return typeof iss === 'string' ? iss : '';
  } catch (cause) {
    throw notAToken(cause);
  }
}

const isCanonical = (part: string): boolean =>
  part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;

const notAToken = (cause?: unknown): InferError => credentialInvalid('the token is not a signed JSON Web Token', cause);

/** A key that is not known may be a new one: the issuer is asked, once, and not too often. */
async function verifyWithNewestKeys(
  token: string,
  spec: JwtIssuer,
  source: KeySource,
  now: () => number,
): Promise<[JWTPayload, KeySet]> {
  const keys = await source.ready();
  try {
    return [await verifyToken(token, keys, spec, now()), keys];
  } catch (error) {
    const newer = error instanceof errors.JWKSNoMatchingKey ? await source.newerThan(keys) : undefined;
    if (newer === undefined) throw refusal(error);
    return [await verifyToken(token, newer, spec, now()).catch((again) => Promise.reject(refusal(again))), newer];
  }
}

/** Keys come from `keys` alone: what a header says of keys (`jwk`, `jku`, `x5u`) is not read, and a `crit` that is not known is refused. */
async function verifyToken(token: string, keys: KeySet, spec: JwtIssuer, now: number): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [...spec.algorithms],
    issuer: spec.issuer,
    audience: spec.audience,
    requiredClaims: ['exp'],
    clockTolerance: clockSkewMs / 1000,
    currentDate: new Date(now),
  });
  return payload;
}

const claimRefusals: Readonly<Record<string, string>> = {
  aud: 'the token is for another audience',
  exp: 'the token says not when it expires',
  nbf: 'the token does not count yet',
};

/** Whatever goes wrong in checking, the token is refused. */
function refusal(error: unknown): InferError {
  if (error instanceof InferError) return error;
  if (error instanceof errors.JWTExpired) return credentialExpired('token', error);
  const message = error instanceof errors.JWTClaimValidationFailed ? claimRefusals[error.claim] : undefined;
  return credentialInvalid(message ?? 'the token is not valid', error);
}
