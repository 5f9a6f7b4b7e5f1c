import type { AddressRange, Principal, Priority, Role } from '@sheaf/inference';

/** What a caller showed of itself. */
export interface Credentials {
  /** `x-api-key`. */
  readonly apiKey: string | undefined;
  /** `authorization`, whole. */
  readonly authorization: string | undefined;
  /** The subject of a TLS client certificate that the server's clientCa has signed. */
  readonly certificate: CertificateFacts | undefined;
  /** All else that it says beside its call, by key, for other kinds of credential. */
  readonly metadata?: ((key: string) => string | undefined) | undefined;
  /** Where the connection comes from; undefined where it has no address. */
  readonly address?: string | undefined;
}

export interface CertificateFacts {
  /** The subject's common name, or ''. */
  readonly commonName: string;
  /** Such as `DNS:reader.example`, `URI:spiffe://mesh/reader`. */
  readonly alternativeNames: readonly string[];
  /** SHA-256 of the certificate, hex in lower case without colons. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch; a connection may last longer. */
  readonly expiresAt: number;
}

/**
 * Answers who calls; throws UNAUTHENTICATED, or UNAVAILABLE when a token cannot be judged at the moment.
 * Synchronous where it can be, also in throwing: most calls come with something seen before.
 */
export type Authenticate = (credentials: Credentials) => Principal | Promise<Principal>;

/** What a credential gives. */
export interface Grant {
  readonly tenant: string;
  readonly roles: readonly Role[];
  readonly models: readonly string[];
  /** The most important that its calls may be. Default `standard`. */
  readonly priority?: Priority;
  /** Of a rule for certificates and of `anonymous`: where it counts from. Undefined: from everywhere. */
  readonly addresses?: readonly AddressRange[] | undefined;
}

export interface JwtIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** A file, absolute, or an https (on loopback http) URL, with a JSON Web Key Set. */
  readonly jwks: string;
  /** A file in PEM, absolute: who vouches for the server of that URL. Default: the authorities that everybody trusts. */
  readonly ca?: string | undefined;
  /** Pinned: only these, never `none`, no symmetric one. */
  readonly algorithms: readonly string[];
  /** Claims are names, or paths with dots such as `realm_access.roles`. The claim that names the tenant; or the tenant itself, for an issuer of one. */
  readonly tenant: { readonly claim: string } | { readonly fixed: string };
  /** Patterns: the tenants that its tokens may name by a claim. Undefined: any; wanted where there are several issuers. */
  readonly tenants?: readonly string[] | undefined;
  /** The claim with the roles (a token without it has none), a list or a text with spaces; or the roles of all its tokens. */
  readonly roles: { readonly claim: string } | { readonly fixed: readonly Role[] };
  /** The claim with the patterns of models (a token without it sees none), a list or a text with spaces; or those of all its tokens. */
  readonly models: { readonly claim: string } | { readonly fixed: readonly string[] };
  /** The most important that calls with its tokens may be. Default `standard`. */
  readonly priority?: Priority;
  /** Where its tokens count from; looked at before the signature. Undefined: from everywhere. */
  readonly addresses?: readonly AddressRange[] | undefined;
  /** Claims that routes and rules may read; a token in which one is no scalar of at most 256 characters is refused. */
  readonly claims: readonly string[];
}

/** A certificate with a name that its subject is about. The first that matches counts. */
export interface CertificateRule extends Grant {
  /** A pattern of common names, or of another kind: `DNS:*.example`, `URI:spiffe://mesh/*`, `email:*@example`, `CN:...`; see `matchSubject`. */
  readonly subject: string;
}
