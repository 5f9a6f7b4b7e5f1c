/** The TLS of a server: who is let in, who is told of, and that new connections see what stands in the files now. */
import { constants, X509Certificate } from 'node:crypto';
import type { ServerHttp2Session } from 'node:http2';
import { isIP } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { InferError } from '@sheaf/inference';
import { addressOfSocket } from '../server/connections/arrivals.ts';
import { http2ServersOf } from '../server/http2-servers.ts';
import { leaseCertificates, type Pem } from './certificate-files.ts';
import { HandshakeLog } from './handshake-log.ts';
import { checkTls, handshakeMaxMs, minimum, reasonOf, type TlsFiles } from './tls.ts';

/**
 * No renegotiation: it lets a client make us do handshakes for little of its own. No tickets: a session taken up again would bring back a certificate
 * that may have expired meanwhile, and connections that live for hours gain nothing from it.
 */
const doorContext = ({ ca, certificate, key }: Pem): SecureContextOptions => ({
  ...minimum,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  ...(ca ? { ca } : {}),
  cert: certificate,
  key,
});

/**
 * Certificates that are replaced while the server is open. By the watchers that grpc-js itself hangs on its credentials, and not by its certificate
 * providers: those close the server while a file cannot be read, and leave no way to say which TLS is spoken.
 */
class ReloadingCredentials extends grpc.ServerCredentials {
  renew(pem: Pem): void {
    this.updateSecureContextOptions(doorContext(pem));
  }
  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

export interface ServerTls {
  readonly credentials: grpc.ServerCredentials;
  /** Once the server listens: turns away untrusted certificates, and tells of handshakes that fail. */
  guard(server: grpc.Server): void;
  close(): void;
}

/** `name` is the server's, in the log. */
export function openServerTls(name: string, tls: TlsFiles): ServerTls {
  const { certificate, key, clientCa, clientCertificate = 'ask' } = tls;
  const { certificates, release } = leaseCertificates({ ca: clientCa, certificate, key });
  if (!certificates.current) {
    release();
    // Says why; unless they are good by now.
    checkTls({ ca: clientCa, certificate, key });
    throw new InferError('FAILED_PRECONDITION', `${name}: its certificates changed while it started`);
  }
  const first = certificates.current;
  const options = {
    ...minimum,
    requestCert: clientCa !== undefined,
    rejectUnauthorized: clientCa !== undefined && clientCertificate === 'require',
    handshakeTimeout: handshakeMaxMs,
    ALPNProtocols: ['h2'],
    SNICallback: (asked: string, done: (error: Error | null) => void) => {
      const known = isNamed(certificates.current ?? first, asked);
      done(known ? null : Object.assign(new Error('the certificate is for another name'), { code: 'UNKNOWN_NAME' }));
    },
  };
  const credentials = new ReloadingCredentials(options, doorContext(first));
  const unlisten = certificates.onChange((pem) => {
    credentials.renew(pem);
    console.log(`${name}: new connections use the certificates that were written now`);
  });
  return {
    credentials,
    guard: (server) => guardHandshakes(server, name),
    close: () => {
      unlisten();
      release();
    },
  };
}

/** gRPC clients that connect to an address name that. */
function isNamed({ certificate }: Pem, asked: string): boolean {
  const own = new X509Certificate(certificate ?? '');
  return (isIP(asked) ? own.checkIP(asked) : own.checkHost(asked)) !== undefined;
}

function guardHandshakes(server: grpc.Server, name: string): void {
  const log = new HandshakeLog();
  const tell = (address: string | undefined, why: string): void =>
    log.tell(address ?? '', `${name}: a TLS handshake with ${address ?? 'a peer that left'} failed: ${why}`);
  for (const http2Server of http2ServersOf(server)) {
    http2Server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
      tell(addressOfSocket(socket), reasonOf(socket.authorizationError ?? error)),
    );
    http2Server.on('session', (session: ServerHttp2Session) => {
      const socket = session.socket as TLSSocket | undefined;
      if (!socket || socket.authorized || !socket.getPeerX509Certificate()) return;
      tell(addressOfSocket(socket), reasonOf(socket.authorizationError));
      session.destroy();
    });
  }
}
