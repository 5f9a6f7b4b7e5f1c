/** The TLS of a server: who is let in, who is told of, and that new connections see what stands in the files now. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { constants, X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { createServer, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls';
import { InferError, log } from '@sheaf/inference';
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
    log('tls.renewed', `${name}: new connections use the certificates that were written now`, { server: name });
  });
  // The events of the server tell nothing of the socket below, and one that is closed has forgotten its address. Where they come from a socket that was
  // closed there is no context either: those come in the order in which the sockets below were closed.
  const closed = new Set<HandshakeState>();
  const underWay = new AsyncLocalStorage<HandshakeState>();
  const handshakes = new HandshakeLog();
  const fail = (state: HandshakeState | undefined, error: unknown): void => {
    if (!state || state.isOver) return;
    state.isOver = true;
    closed.delete(state);
    const { address } = state.handshake;
    const who = address || 'a peer that left';
    handshakes.tell(address, `${name}: a TLS handshake with ${who} failed: ${reasonOf(error)}`);
  };
  server.on('tlsClientError', (error, socket) =>
    fail(underWay.getStore() ?? closed.values().next().value, socket.authorizationError ?? error),
  );
  server.on('secureConnection', (socket) => {
    const state = underWay.getStore();
    const isStranger = !socket.authorized && socket.getPeerX509Certificate() !== undefined;
    if (isStranger || !state) {
      fail(state, socket.authorizationError);
      socket.destroy();
      return;
    }
    state.isOver = true;
    state.handshake.done(socket);
  });
  return {
    begin: (handshake) => {
      const state: HandshakeState = { handshake, isOver: false };
      handshake.socket.once('close', () => {
        if (!state.isOver) closed.add(state);
      });
      underWay.run(state, () => server.emit('connection', handshake.socket));
    },
    close: () => {
      unlisten();
      release();
    },
  };
}

interface HandshakeState {
  readonly handshake: Handshake;
  /** It is done, or has failed. */
  isOver: boolean;
}

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
