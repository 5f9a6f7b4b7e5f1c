import type { TLSSocket } from 'node:tls';

/** Whom the certificate of a connection names. */
export interface Peer {
  /** Empty where the subject has none, or several. */
  readonly commonName: string;
  /** Each with its kind, as in `DNS:scanner.example.org` and `URI:spiffe://example.org/scanner`. */
  readonly alternativeNames: readonly string[];
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch: a connection may last longer than the certificate that it was opened with. */
  readonly expiresAt: number;
}

/** Of a connection whose certificate was accepted. */
export function readPeer(socket: TLSSocket): Peer | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  const { CN } = certificate.toLegacyObject().subject as { readonly CN?: string | readonly string[] };
  return {
    commonName: typeof CN === 'string' ? CN : '',
    alternativeNames: splitNames(certificate.subjectAltName ?? ''),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    expiresAt: Date.parse(certificate.validTo) || 0,
  };
}

/** Node joins the names with ", " and writes those that could be mistaken for several as JSON. */
export const splitNames = (text: string): readonly string[] =>
  Array.from(text.matchAll(/([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g), ([, kind = '', value = '']) => {
    return `${kind}:${value.startsWith('"') ? JSON.parse(value) : value}`;
  });
