export { ranges, someRanges } from './address-language.ts';
export { addressDenied, comesFrom } from './addresses.ts';
export { type CreatedKey, createApiKey, type KeyParts, parseApiKey } from './api-key.ts';
export { type AuthenticatePorts, createAuthenticate, openKeySources } from './authenticate.ts';
export { subjectNote } from './certificate-subject.ts';
export type {
  Authenticate,
  CertificateFacts,
  CertificateRule,
  Credentials,
  Grant,
  JwtIssuer,
} from './credentials.ts';
export {
  createDevelopmentCertificates,
  type DevelopmentCertificateOptions,
  type DevelopmentCertificates,
  isClientName,
  isHost,
  type PemPair,
} from './development-certificates.ts';
export { createFailureBook, type FailureBook, type ThrottleSpec, throttleDefault } from './failures.ts';
export { grantFields, patterns, tenantName } from './grant-language.ts';
export { type IdentitySpec, identityFields, identityProblems, placeFiles, readIdentity } from './identity-spec.ts';
export {
  createKeyAdministration,
  type KeyAdministration,
  type KeyRequest,
  type ListedKey,
  type MadeKey,
  overlapDaysMax,
  type RotationRequest,
} from './key-administration.ts';
export { followKeys, type KeyFollower, type KeyFollowerPorts } from './key-follower.ts';
export type { KeySources } from './key-source.ts';
export { keyDaysMax, shortenedLine } from './key-terms.ts';
export { createKeyUses, type KeyUses } from './key-uses.ts';
export { loudlyOpen } from './open-warning.ts';
export { everyProvider as identityProviders } from './providers/index.ts';
export type { IdentityProblem } from './providers/provider.ts';
export { throttleFields } from './throttle-language.ts';
