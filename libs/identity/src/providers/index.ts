import { anonymous } from './anonymous.ts';
import { apiKeys } from './api-keys.ts';
import { certificates } from './certificates.ts';
import type { IdentityProvider } from './provider.ts';
import { tokens } from './tokens.ts';

/** Every kind of credential, in the order in which they are looked for: the first that is shown decides. */
export const identityProviders = [
  apiKeys,
  tokens,
  certificates,
  // Last, since it is for whoever shows nothing.
  anonymous,
] as const;

export const everyProvider: readonly IdentityProvider[] = identityProviders;
