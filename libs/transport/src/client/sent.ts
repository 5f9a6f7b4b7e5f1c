/** What a server is sent beside each request: fixed metadata, a credential of ours, and what of the caller's metadata is handed on. */
import type { CallContext } from '@sheaf/inference';
import { secretHeader, shownSecret } from '../mesh-secret.ts';
import { createSecret, type SecretPlace } from './secret.ts';

/** Who we are to a server. */
export interface Token {
  readonly place: SecretPlace;
  /** In lower case. As `authorization` it goes with `Bearer` before it, unless it brings another scheme. */
  readonly header: string;
}

export interface SentOptions {
  /** Keys in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly token?: Token | undefined;
  /** Of the mesh that both are of; it stands where a token would. */
  readonly secret?: string | undefined;
  /** Keys, in lower case, of the caller's metadata; those that it has not are left out. What is no printable ASCII is percent-encoded. */
  readonly forward?: readonly string[] | undefined;
}

/** Answers the metadata of one call, or of a question that nobody's call is behind. Throws FAILED_PRECONDITION while there is no token. */
export function createSent(
  service: string,
  { metadata = {}, token, secret: own, forward = [] }: SentOptions,
): (context?: CallContext) => Map<string, string> {
  const fixed = new Map(Object.entries(metadata));
  if (own !== undefined) fixed.set(secretHeader, shownSecret(own));
  const secret = token && createSecret(`the token of service ${service}`, token.place);
  return (context) => {
    const sent = new Map(fixed);
    if (secret) sent.set(token.header, token.header === 'authorization' ? authorizationOf(secret()) : secret());
    for (const key of context?.metadata ? forward : []) {
      const value = context?.metadata?.(key);
      if (value !== undefined) sent.set(key, asAscii(value));
    }
    return sent;
  };
}

/** gRPC carries printable ASCII; all else goes as the percent-encoded bytes of its UTF-8, as in `grpc-message`. */
const asAscii = (value: string): string => value.toWellFormed().replace(/[^\x20-\x7e]+/g, encodeURIComponent);

const authorizationOf = (token: string): string => (token.includes(' ') ? token : `Bearer ${token}`);
