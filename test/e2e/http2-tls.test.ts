/** Our HTTP/2 on sockets of TLS, asked by node:http2. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { acceptConnection, encodeHeaders, type ServerStream, type StreamHandler } from '@sheaf/http2';
import { type Authority, createAuthority } from '../support/certificates.ts';

const okHeaders = encodeHeaders([[':status', '200']]);
const okTrailers = encodeHeaders([['grpc-status', '0']]);

/** Sends back each piece as it comes. */
function echo(stream: ServerStream): StreamHandler {
  stream.respond(okHeaders);
  return {
    data: (part) => stream.write(part),
    end: () => stream.end(okTrailers),
    close() {},
  };
}

describe('our HTTP/2 on TLS', () => {
  let authority: Authority;
  let server: Server;
  const names: unknown[] = [];
  const sockets = new Set<TLSSocket>();

  before(async () => {
    authority = await createAuthority();
    const { certificate, key } = await authority.issue();
    const options = { cert: certificate, key, ca: authority.certificate, requestCert: true, ALPNProtocols: ['h2'] };
    server = createServer(options, (socket) => {
      sockets.add(socket);
      names.push(socket.getPeerCertificate().subject?.CN);
      acceptConnection(socket, {}, { stream: echo, close() {} });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  async function open(): Promise<ClientHttp2Session> {
    const { certificate, key } = await authority.issue({ commonName: 'caller' });
    const { port } = server.address() as AddressInfo;
    const tls = { ca: authority.certificate, cert: certificate, key, maxSessionMemory: 1_000 };
    const client = connect(`https://localhost:${port}`, { ...tls, host: '127.0.0.1' });
    client.on('error', () => {});
    return client;
  }

  function call(client: ClientHttp2Session, body: Buffer): Promise<Buffer> {
    const stream = client.request({ ':method': 'POST', ':path': '/a', te: 'trailers' });
    const parts: Buffer[] = [];
    let status: unknown;
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    stream.end(body);
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('close', () => (status === '0' ? resolve(Buffer.concat(parts)) : reject(new Error('no trailers'))));
    });
  }

  it('answers small and large messages of many calls at once, of a client that its certificate names', async () => {
    const client = await open();
    try {
      const bodies = Array.from({ length: 64 }, (_, n) => Buffer.alloc(n % 8 === 0 ? 700_000 + n : 10 + n, n));
      const answers = await Promise.all(bodies.map((body) => call(client, body)));
      for (const [n, body] of bodies.entries()) assert.ok(answers[n]?.equals(body), `call ${n}`);
      assert.equal(names.at(-1), 'caller');
    } finally {
      client.destroy();
    }
  });

  it('goes on with others when one goes away in the middle of a message', async () => {
    const [lost, other] = await Promise.all([open(), open()]);
    try {
      const stream = lost.request({ ':method': 'POST', ':path': '/a' });
      stream.on('error', () => {});
      stream.write(Buffer.alloc(100_000));
      await once(stream, 'data');
      lost.destroy();
      const body = Buffer.alloc(200_000, 9);
      assert.ok((await call(other, body)).equals(body));
    } finally {
      other.destroy();
    }
  });
});
