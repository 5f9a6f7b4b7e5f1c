export { createSigningKeys, readPrivateKey, readPublicKey, type SigningKeys, type TrustedKey } from './keys.ts';
export {
  checkSignatures,
  type SignatureJudgement,
  type SignaturePolicy,
  type SignatureTrust,
  signaturePolicies,
} from './policy.ts';
export { type SignOptions, signFiles } from './sign.ts';
export { isSignable, signatureBytesMax, signatureFile } from './signature-file.ts';
export type { SignedFile } from './signed-files.ts';
export { type VerifiedSignature, verifySignature } from './verify.ts';
