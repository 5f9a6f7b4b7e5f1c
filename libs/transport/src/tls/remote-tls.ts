/** The TLS of connections to one server; new ones use what stands in the files then. */
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { leaseCertificates, type Pem } from './certificate-files.ts';
import { HandshakeLog } from './handshake-log.ts';
import { handshakeMaxMs, minimum, type RemoteTls, reasonOf } from './tls.ts';

export interface RemoteCredentials {
  /** Undefined where connections are plain. */
  readonly secure: Secure | undefined;
  close(): void;
}

/** For every connection to one server. `service` names it in the log; without `tls` the connections are plain. */
export function openRemoteTls(service: string, tls: RemoteTls | undefined): RemoteCredentials {
  if (!tls) return { secure: undefined, close: () => {} };
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
  const secure: Secure = async (socket, host) => handshake(socket, tls.serverName ?? host, contextNow(), onFailure);
  return { secure, close: release };
}

const tlsNames = ({ ca, certificate, key }: Pem): SecureContextOptions => ({
  ...(ca ? { ca } : {}),
  ...(certificate ? { cert: certificate, key } : {}),
});

/** Makes a connection to `host` secure. Rejects where its peer is not whom we trust. */
export type Secure = (socket: Socket, host: string) => Promise<TLSSocket>;

async function handshake(
  socket: Socket,
  host: string,
  secureContext: SecureContext,
  onFailure: (why: string) => void,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const options = {
    socket,
    host,
    ...(isIP(host) ? {} : { servername: host }),
    secureContext,
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
    if (!isDone || why.startsWith('ERR_SSL_')) onFailure(why);
    reject(error);
  });
  return promise.finally(() => clearTimeout(timer));
}
