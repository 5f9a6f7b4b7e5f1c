/** TLS connections without gRPC on them. */
import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

export interface Shaken {
  readonly socket: TLSSocket;
  /** What it failed with, in the handshake or right after it; undefined when the connection stands. */
  readonly code: string | undefined;
  /** Of the server's certificate. */
  readonly serial: string | undefined;
}

/** With TLS 1.3 a server says only after the handshake that it does not take a client. */
const settleMs = 200;

/** One connection to a port of this machine; whoever asks for it destroys its socket. */
export function shakeHands(port: number, options: ConnectionOptions): Promise<Shaken> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...options });
    let serial: string | undefined;
    const finish = (code: string | undefined): void => resolve({ socket, code, serial });
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => finish(code));
    socket.on('close', () => finish('closed'));
    socket.on('secureConnect', () => {
      serial = socket.getPeerX509Certificate()?.serialNumber;
      setTimeout(() => finish(undefined), settleMs);
    });
    socket.resume();
  });
}

/** Resolves when the peer has closed. */
export function sendGarbage(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectPlain(port, '127.0.0.1', () => socket.write(Buffer.alloc(20_000, 7)));
    socket.on('error', () => {}).on('close', () => resolve('closed'));
    socket.resume();
  });
}
