/** TLS of a door and of a remote: what both sides insist on, and that new connections use what stands in the files now. */
import { constants, X509Certificate } from 'node:crypto';
import type { ServerHttp2Session } from 'node:http2';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { InferError } from '@sheaf/inference';
import { leaseCertificates, type Pem, type PemFiles, readPem } from './certificate-files.ts';
import { HandshakeLog } from './handshake-log.ts';
import { http2ServersOf } from './http2-servers.ts';

/** Files of a door, by their absolute paths, in PEM. They are read again when they change. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Who vouches for clients. Without it they are asked for no certificate. */
  readonly clientCa?: string | undefined;
  /**
   * Where there is a `clientCa`: whether a client without a certificate may come in. Default `ask`, which lets it. A certificate that the CA does not
   * vouch for, or that has expired, ends the connection either way: who shows one wants to be known by it, and would be a stranger without a word.
   */
  readonly clientCertificate?: 'ask' | 'require';
}

/** What a remote is asked with. */
export interface RemoteTls extends PemFiles {
  /** Whom the server's certificate has to name, where that is not the host of the target. */
  readonly serverName?: string | undefined;
}

/** Among services that trust one CA and nobody else: each shows its certificate to the other. */
export const mutualTls = ({ ca, certificate, key }: Required<PemFiles>): TlsFiles => ({
  certificate: certificate ?? '',
  key: key ?? '',
  clientCa: ca,
  clientCertificate: 'require',
});

/** Throws FAILED_PRECONDITION with a sentence when the files cannot be used. */
export function checkTls(files: PemFiles): void {
  readPem(files);
}

/** A peer gets so long from the first byte to the last of a handshake. */
const handshakeMaxMs = 10_000;

const minimum = { minVersion: 'TLSv1.2' } as const;

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
 * Certificates that are replaced while the door is open. By the watchers that grpc-js itself hangs on its credentials, and not by its certificate
 * providers: those close the door while a file cannot be read, and leave no way to say which TLS is spoken.
 */
class DoorCredentials extends grpc.ServerCredentials {
  renew(pem: Pem): void {
    this.updateSecureContextOptions(doorContext(pem));
  }
  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

export interface DoorTls {
  readonly credentials: grpc.ServerCredentials;
  /** Once the server listens: turns away untrusted certificates, and tells of handshakes that fail. */
  guard(server: grpc.Server): void;
  close(): void;
}

/** `name` is the door's, in the log. */
export function openDoorTls(name: string, tls: TlsFiles): DoorTls {
  const { certificate, key, clientCa, clientCertificate = 'ask' } = tls;
  const { certificates, release } = leaseCertificates({ ca: clientCa, certificate, key });
  if (!certificates.current) {
    release();
    // Says why.
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
  const credentials = new DoorCredentials(options, doorContext(first));
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
      tell(addressOf(socket), reasonOf(socket.authorizationError ?? error)),
    );
    http2Server.on('session', (session: ServerHttp2Session) => {
      const socket = session.socket as TLSSocket;
      if (socket.authorized || !socket.getPeerX509Certificate()) return;
      tell(socket.remoteAddress, reasonOf(socket.authorizationError));
      session.destroy();
    });
    // The socket of a handshake that failed is closed, and knows its peer only if it was asked before.
    http2Server.prependListener('connection', (socket: Socket) => void socket.remoteAddress);
  }
}

const addressOf = (socket: TLSSocket): string | undefined =>
  socket.remoteAddress ?? (socket as unknown as { readonly _parent?: Socket })._parent?.remoteAddress;

/** The code of an error, never its text, which may hold what the peer sent. */
function reasonOf(error: unknown): string {
  const code = typeof error === 'string' ? error : (error as NodeJS.ErrnoException | undefined)?.code;
  return code ?? 'UNKNOWN';
}

export interface RemoteCredentials {
  readonly credentials: grpc.ChannelCredentials;
  close(): void;
}

/** For every connection to one server. `service` names it in the log; without `tls` the connections are plain. */
export function openRemoteTls(service: string, tls: RemoteTls | undefined): RemoteCredentials {
  if (!tls) return { credentials: grpc.credentials.createInsecure(), close: () => {} };
  const { certificates, release } = leaseCertificates(tls);
  let used: { readonly pem: Pem; readonly context: SecureContext } | undefined;
  const contextNow = (): SecureContext => {
    const pem = certificates.current;
    if (!pem) throw new Error('the certificates cannot be read');
    if (used?.pem !== pem) used = { pem, context: createSecureContext({ ...minimum, ...tlsNames(pem) }) };
    return used.context;
  };
  const log = new HandshakeLog();
  const onFailure = (why: string): void => log.tell('', `service ${service}: the TLS handshake failed: ${why}`);
  return { credentials: new LatestCredentials(contextNow, tls.serverName, onFailure), close: release };
}

const tlsNames = ({ ca, certificate, key }: Pem): SecureContextOptions => ({
  ...(ca ? { ca } : {}),
  ...(certificate ? { cert: certificate, key } : {}),
});

type ConnectorArguments = Parameters<grpc.ChannelCredentials['_createSecureConnector']>;

/** As grpc-js's own, but for two things: each connection takes the context of its moment, and an address is not sent as a name, which TLS forbids. */
class LatestCredentials extends grpc.ChannelCredentials {
  readonly #contextNow: () => SecureContext;
  readonly #serverName: string | undefined;
  readonly #onFailure: (why: string) => void;

  constructor(contextNow: () => SecureContext, serverName: string | undefined, onFailure: (why: string) => void) {
    super();
    this.#contextNow = contextNow;
    this.#serverName = serverName;
    this.#onFailure = onFailure;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: grpc.ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...args: ConnectorArguments): grpc.experimental.SecureConnector {
    const [target] = args;
    const plain = grpc.credentials.createInsecure()._createSecureConnector(...args);
    const host = this.#serverName ?? hostIn(target.path);
    return {
      connect: async (socket) => ({ socket: await this.#handshake(socket, host), secure: true }),
      waitForReady: () => plain.waitForReady(),
      getCallCredentials: () => plain.getCallCredentials(),
      destroy: () => {},
    };
  }

  async #handshake(socket: Socket, host: string): Promise<TLSSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
    const options = {
      socket,
      host,
      ...(isIP(host) ? {} : { servername: host }),
      secureContext: this.#contextNow(),
      ALPNProtocols: ['h2'],
      // Whatever the environment says.
      rejectUnauthorized: true,
    };
    let isDone = false;
    const tlsSocket = connect(options, () => {
      isDone = true;
      resolve(tlsSocket);
    });
    const timer = setTimeout(() => {
      tlsSocket.destroy(Object.assign(new Error('the handshake took too long'), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }));
    }, handshakeMaxMs);
    tlsSocket.once('close', () => reject(new Error('the connection was closed')));
    // Stays: with TLS 1.3 a server says only after the handshake that it does not take our certificate.
    tlsSocket.on('error', (error) => {
      const why = reasonOf(error);
      if (!isDone || why.startsWith('ERR_SSL_')) this.#onFailure(why);
      reject(error);
    });
    return promise.finally(() => clearTimeout(timer));
  }
}

/** `127.0.0.1:8001` and `[::1]:8001` come from a target of any scheme. */
const hostIn = (path: string): string =>
  path
    .replace(/^\//, '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
