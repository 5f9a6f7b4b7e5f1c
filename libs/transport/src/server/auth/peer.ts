import type { ServerHttp2Session } from 'node:http2';
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

const peers = new WeakMap<ServerHttp2Session, { readonly peer: Peer | undefined }>();

/** The peer of a session; undefined where it showed no certificate that the server's `clientCa` vouches for. Worked out once per session. */
export function peerOf(session: ServerHttp2Session): Peer | undefined {
  const known = peers.get(session);
  if (known) return known.peer;
  // A session that is over has no socket.
  const socket = session.socket as TLSSocket | undefined;
  const peer = socket?.encrypted && socket.authorized ? readPeer(socket) : undefined;
  peers.set(session, { peer });
  return peer;
}

function readPeer(socket: TLSSocket): Peer | undefined {
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
