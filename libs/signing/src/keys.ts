/** Keys that sign and keys that are trusted: ECDSA on the curves that the format knows. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { refuse } from './refuse.ts';

/** The hash that goes with each curve, by its name in OpenSSL. */
const hashes = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' } as const;

/** A public key whose signatures count. */
export interface TrustedKey {
  /** SHA-256 of the key in PEM, 64 hex digits: what a signature names its key by. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface SigningKeys {
  /** PKCS #8 in PEM, not encrypted. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
}

/** A new pair of keys on P-256. */
export const createSigningKeys = (): SigningKeys =>
  generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

/**
 * Reads a private key in PEM; `passphrase` is of one that is encrypted. Throws FAILED_PRECONDITION where it is none, or of another kind than ECDSA on P-256,
 * P-384 or P-521.
 */
export function readPrivateKey(pem: string, passphrase?: string): KeyObject {
  const key = parse(() =>
    createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) }),
  );
  if (!key) throw refuse(`want a private key in PEM${passphrase === undefined ? '' : ' with this passphrase'}`);
  checkCurve(key);
  return key;
}

/** Reads a public key in PEM; throws as {@link readPrivateKey} does. A private key is refused: it has no place where keys are trusted. */
export function readPublicKey(pem: string): TrustedKey {
  if (pem.includes('PRIVATE KEY')) throw refuse('want a public key in PEM, got a private one');
  const key = parse(() => createPublicKey({ key: pem, format: 'pem' }));
  if (!key) throw refuse('want a public key in PEM');
  checkCurve(key);
  return { id: keyId(key), key };
}

/** What a signature calls the key that it is made with: the SHA-256 of its public half in PEM. */
export const keyId = (key: KeyObject): string =>
  hash('sha256', (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'pem' }));

/** The hash that signatures by this key are made over. */
export function hashOf(key: KeyObject): string {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  return hashes[curve as keyof typeof hashes];
}

function checkCurve(key: KeyObject): void {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'no key';
  if (!Object.hasOwn(hashes, curve)) throw refuse(`want an ECDSA key on P-256, P-384 or P-521, got ${curve}`);
}

/** OpenSSL's own words name its functions, and help nobody. */
function parse(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
