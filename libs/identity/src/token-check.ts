import { hash } from 'node:crypto';
import { InferError, type Principal } from '@sheaf/inference';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type CheckAddress, comesFrom } from './addresses.ts';
import type { JwtIssuer } from './credentials.ts';
import type { KeySet, KeySource, KeySources } from './key-source.ts';
import type { CheckNew } from './providers/provider.ts';
import { credentialExpired, credentialInvalid } from './refusals.ts';
import { tokenPrincipal } from './token-principal.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/** Looked at before anything of a token is read. What groups and roles of Entra ID and Keycloak come to fits. */
export const tokenBytesDefault = 16 * 1024;
/** Of the keys that a token may be signed with when it does not say which. */
export const keysTriedMax = 16;
/** Clocks differ; a token counts for so much longer and earlier. */
export const clockSkewMs = 60_000;

export interface TokenCheckPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly keySources: KeySources;
  readonly tokenBytesMax: number;
}

interface KnownIssuer {
  readonly spec: JwtIssuer;
  readonly source: KeySource;
  readonly checkAddress: CheckAddress;
}

/** Answers who shows a token: at once when it has been verified before. `checkNew` is called before one is verified that has not been. */
export type TokenCheck = (
  token: string,
  address: string | undefined,
  checkNew: CheckNew,
) => Principal | Promise<Principal>;

export function createTokenCheck(
  specs: readonly JwtIssuer[],
  { now, keySources, tokenBytesMax }: TokenCheckPorts,
): TokenCheck {
  const issuers = new Map(
    specs.map((spec) => {
      const checkAddress = comesFrom(spec.addresses, 'tokens of this issuer');
      return [spec.issuer, { spec, source: keySources(spec), checkAddress }];
    }),
  );
  const verified = createVerifiedTokens(now);
  const placed = new WeakMap<Principal, CheckAddress>();

  const verify = async (token: string, tokenHash: string, issuer: KnownIssuer): Promise<Principal> => {
    const { spec, source, checkAddress } = issuer;
    const [payload, keys] = await verifyWithNewestKeys(token, spec, source, now);
    const principal = tokenPrincipal(spec, payload);
    const { exp = 0, nbf = 0 } = payload;
    const [validFrom, validUntil] = [nbf * 1000 - clockSkewMs, exp * 1000];
    verified.set(tokenHash, { principal, keys, source, validFrom, validUntil });
    placed.set(principal, checkAddress);
    return principal;
  };

  return (token, address, checkNew) => {
    if (token.length > tokenBytesMax) throw credentialInvalid(`the token has more than ${tokenBytesMax} bytes`);
    const tokenHash = hash('sha256', token, 'base64');
    const principal = verified.get(tokenHash);
    if (principal !== undefined) {
      placed.get(principal)?.(address);
      return principal;
    }
    checkNew(() => claimedPrincipal(token));
    const issuer = issuers.get(unverifiedIssuer(token));
    if (issuer === undefined) throw credentialInvalid('the token is of an issuer that is not known here');
    issuer.checkAddress(address);
    return verify(token, tokenHash, issuer);
  };
}

/** Whose keys to look at. */
function unverifiedIssuer(token: string): string {
  const { iss } = unverifiedClaims(token);
  return typeof iss === 'string' ? iss : '';
}

/** As {@link tokenPrincipal} would call it; '' for what is no token. */
function claimedPrincipal(token: string): string {
  try {
    const { iss, sub } = unverifiedClaims(token);
    return `jwt:${iss}#${sub}`;
  } catch {
    return '';
  }
}

/** Nothing is believed yet. */
function unverifiedClaims(token: string): { readonly iss?: unknown; readonly sub?: unknown } {
  const parts = token.split('.', 4);
  // Each byte sequence has one text only, so that nobody can make two tokens of one.
  const [, payload] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (parts.length !== 3 || payload === undefined || !parts.every(isCanonical)) throw notAToken();
  try {
    return JSON.parse(payload.toString()) ?? {};
  } catch (cause) {
    throw notAToken(cause);
  }
}

const isCanonical = (part: string): boolean =>
  part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;

const notAToken = (cause?: unknown): InferError => credentialInvalid('the token is not a signed JSON Web Token', cause);

/** A key that is not known, or is not named and fits none, may be a new one: the issuer is asked, once, and not too often. */
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
    const newer = isOfAnotherKey(error, token) ? await source.newerThan(keys) : undefined;
    if (newer === undefined) throw refusal(error);
    return [await verifyToken(token, newer, spec, now()).catch((again) => Promise.reject(refusal(again))), newer];
  }
}

const isOfAnotherKey = (error: unknown, token: string): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  (error instanceof errors.JWSSignatureVerificationFailed && decodeProtectedHeader(token).kid === undefined);

/** Keys come from `keys` alone: what a header says of keys (`jwk`, `jku`, `x5u`) is not read, and a `crit` that is not known is refused. */
async function verifyToken(token: string, keys: KeySet, spec: JwtIssuer, now: number): Promise<JWTPayload> {
  const options: JWTVerifyOptions = {
    algorithms: [...spec.algorithms],
    issuer: spec.issuer,
    audience: spec.audience,
    requiredClaims: ['exp'],
    clockTolerance: clockSkewMs / 1000,
    currentDate: new Date(now),
  };
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithAny(token, error, options);
  }
}

/** A token need not say which key it is signed with; those of its algorithm and for signatures are tried. */
async function verifyWithAny(
  token: string,
  fitting: AsyncIterable<CryptoKey>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of fitting) {
    if (tried === keysTriedMax) break;
    tried++;
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
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
