export type {
  Authenticate,
  CertificateFacts,
  CertificateRule,
  Credentials,
  Grant,
  IdentitySpec,
  JwtIssuer,
} from './credentials.ts';
