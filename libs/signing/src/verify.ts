import { verify } from 'node:crypto';
import { type Bundle, parseBundle, signedBytes } from './bundle.ts';
import { hashOf, type TrustedKey } from './keys.ts';
import { refuse } from './refuse.ts';
import { checkSame, type SignedFile } from './signed-files.ts';
import { parseStatement } from './statement.ts';

export interface VerifiedSignature {
  /** Of the trusted key that it was made with. */
  readonly keyId: string;
  /** What the signer called the model. */
  readonly name: string;
}

/**
 * Verifies that a signature is by a trusted key, and of exactly these files. Throws FAILED_PRECONDITION with one sentence otherwise. The statement is read
 * only after its signature was found to hold.
 */
export function verifySignature(
  signature: string | Uint8Array,
  files: readonly SignedFile[],
  trusted: readonly TrustedKey[],
): VerifiedSignature {
  const bundle = parseBundle(signature);
  const { id } = signerOf(bundle, trusted);
  const statement = parseStatement(bundle.payload);
  checkSame(statement.files, files);
  return { keyId: id, name: statement.name };
}

function signerOf({ keyId, payload, signature }: Bundle, trusted: readonly TrustedKey[]): TrustedKey {
  const named = trusted.filter(({ id }) => keyId === undefined || id === keyId);
  if (named.length === 0) throw refuse(`the signature is by key ${shortId(keyId)}, which is not trusted`);
  const bytes = signedBytes(payload);
  const signer = named.find(({ key }) => verify(hashOf(key), bytes, { key, dsaEncoding: 'der' }, signature));
  if (!signer)
    throw refuse(
      keyId === undefined
        ? 'the signature is by none of the trusted keys'
        : `the signature does not hold: key ${shortId(keyId)} has not signed what it says`,
    );
  return signer;
}

/** The name of a key comes from whoever brought the signature: no more of it than a key id has, and nothing but what ids are made of. */
const shortId = (id = ''): string => (/^[0-9a-f]{64}$/.test(id) ? `${id.slice(0, 16)}...` : 'of no known form');
