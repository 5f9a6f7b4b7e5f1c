/** The TLS of a server: who is let in, who is told of, and that new connections see what stands in the files now. */
import { constants, X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { createServer, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls';
import { InferError } from '@sheaf/inference';
import { leaseCertificates, type Pem } from './certificate-files.ts';
import { HandshakeLog } from './handshake-log.ts';
import { checkTls, handshakeMaxMs, minimum, reasonOf, type TlsFiles } from './tls.ts';

/**
 * No renegotiation: it lets a client make us do handshakes for little of its own. No tickets: a session taken up again would bring back a certificate
 * that may have expired meanwhile, and connections that live for hours gain nothing from it.
 */
const contextOf = ({ ca, certificate, key }: Pem): SecureContextOptions => ({
  ...minimum,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  ...(ca ? { ca } : {}),
  cert: certificate,
  key,
});

/** A connection before its handshake. */
export interface Handshake {
  readonly socket: Socket;
  /** Whom it comes from, in the log. */
  readonly address: string;
  /** Told when the handshake is done, and its client may come in. */
  readonly done: (socket: TLSSocket) => void;
}

export interface ServerTls {
  begin(handshake: Handshake): void;
  close(): void;
}

/** `name` is the server's, in the log. Throws FAILED_PRECONDITION where the files cannot be used. */
export function openServerTls(name: string, files: TlsFiles): ServerTls {
  const { certificate, key, clientCa } = files;
  const { certificates, release } = leaseCertificates({ ca: clientCa, certificate, key });
  if (!certificates.current) {
    release();
    // Says why; unless they are good by now.
    checkTls({ ca: clientCa, certificate, key });
    throw new InferError('FAILED_PRECONDITION', `${name}: its certificates changed while it started`);
  }
  const first = certificates.current;
  const server = createServer(optionsOf(files, first, () => certificates.current ?? first));
  const unlisten = certificates.onChange((pem) => {
    server.setSecureContext(contextOf(pem));
    console.log(`${name}: new connections use the certificates that were written now`);
  });
  const handshakes = new Map<string, Handshake>();
  const log = new HandshakeLog();
  const tell = (address: string | undefined, why: string): void =>
    log.tell(address ?? '', `${name}: a TLS handshake with ${address || 'a peer that left'} failed: ${why}`);
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const known = handshakes.get(endOf(socket));
    tell(known?.address ?? socket.remoteAddress, reasonOf(socket.authorizationError ?? error));
  });
  server.on('secureConnection', (socket) => {
    const known = handshakes.get(endOf(socket));
    const isStranger = !socket.authorized && socket.getPeerX509Certificate() !== undefined;
    if (isStranger) tell(known?.address ?? socket.remoteAddress, reasonOf(socket.authorizationError));
    if (known && !isStranger) known.done(socket);
    else socket.destroy();
  });
  return {
    begin: (handshake) => {
      const { socket } = handshake;
      const end = endOf(socket);
      handshakes.set(end, handshake);
      socket.once('close', () => {
        if (handshakes.get(end) === handshake) handshakes.delete(end);
      });
      server.emit('connection', socket);
    },
    close: () => {
      unlisten();
      release();
    },
  };
}

/** The end of a connection that is not ours, which TLS has in common with the socket below it. */
const endOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;

function optionsOf({ clientCa, clientCertificate = 'ask' }: TlsFiles, first: Pem, current: () => Pem): TlsOptions {
  return {
    ...contextOf(first),
    requestCert: clientCa !== undefined,
    rejectUnauthorized: clientCa !== undefined && clientCertificate === 'require',
    handshakeTimeout: handshakeMaxMs,
    ALPNProtocols: ['h2'],
    SNICallback: (asked, done) => {
      const isKnown = isNamed(current(), asked);
      done(isKnown ? null : Object.assign(new Error('the certificate is for another name'), { code: 'UNKNOWN_NAME' }));
    },
  };
}

/** gRPC clients that connect to an address name that. */
function isNamed({ certificate }: Pem, asked: string): boolean {
  const own = new X509Certificate(certificate ?? '');
  return (isIP(asked) ? own.checkIP(asked) : own.checkHost(asked)) !== undefined;
}
