/** What an unsigned version means: nothing, a warning, or that it is neither published nor served. */
import { InferError } from '@sheaf/inference';
import type { TrustedKey } from './keys.ts';
import { refuse } from './refuse.ts';
import type { SignedFile } from './signed-files.ts';
import { verifySignature } from './verify.ts';

export const signaturePolicies = ['off', 'warn', 'require'] as const;
export type SignaturePolicy = (typeof signaturePolicies)[number];

/** Whose signatures count, and what follows where there is none. */
export interface SignatureTrust {
  readonly policy: SignaturePolicy;
  readonly keys: readonly TrustedKey[];
}

export type SignatureJudgement =
  /** Nobody looked. */
  | { readonly kind: 'unchecked' }
  /** `keyId` is of the key that signed it. */
  | { readonly kind: 'trusted'; readonly keyId: string }
  /** Only where the policy is `warn`; `why` is the sentence to warn with. */
  | { readonly kind: 'untrusted'; readonly why: string };

/**
 * Judges a version by its signatures, of which one that holds is enough. `version` is what its sentence calls it, such as `model digits/3`. Throws
 * FAILED_PRECONDITION where the policy is `require` and none holds: a version that this throws for may be neither published nor served.
 */
export function checkSignatures(
  version: string,
  files: readonly SignedFile[],
  signatures: readonly (string | Uint8Array)[],
  { policy, keys }: SignatureTrust,
): SignatureJudgement {
  if (policy === 'off') return { kind: 'unchecked' };
  const reasons: string[] = [];
  for (const signature of signatures) {
    try {
      return { kind: 'trusted', keyId: verifySignature(signature, files, keys).keyId };
    } catch (error) {
      if (!(error instanceof InferError)) throw error;
      reasons.push(error.message);
    }
  }
  const [why = 'want a signature by a trusted key, got none', ...others] = reasons;
  const sentence = `${version}: ${why}${others.length > 0 ? `; ${others.length} more signatures do not hold either` : ''}`;
  if (policy === 'require') throw refuse(sentence);
  return { kind: 'untrusted', why: sentence };
}
