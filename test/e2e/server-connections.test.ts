/** What mesh.yaml says of the gateway's connections, at a real one: how many, for how long, and from whom. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const connectionsMax = 16;
const files = {
  'models/pair': sampleModels.scale(2),
  'mesh.yaml': `gateway: { connectionsMax: ${connectionsMax}, connectionAgeMaxMs: 1000, trustedProxies: [127.0.0.1], proxyProtocol: v1 }\n`,
};
const header = 'PROXY TCP4 198.51.100.1 127.0.0.1 4711 8001\r\n';

describe('connections of a gateway', () => {
  let mesh: TestMesh;
  before(async () => {
    mesh = await startTestMesh(files);
  });
  after(async () => {
    await mesh?.[Symbol.asyncDispose]();
  });

  async function opened(first: string): Promise<Socket> {
    const socket = connect(mesh.running.gateway.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(first);
    return socket;
  }
  const client = (socket: Socket): ClientHttp2Session =>
    connectHttp2('http://127.0.0.1', { createConnection: () => socket }).on('error', () => {});

  async function isLive(session: ClientHttp2Session): Promise<boolean> {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ServerLive',
      'content-type': 'application/grpc',
    });
    let status: unknown;
    stream
      .on('error', () => {})
      .on('trailers', (told) => {
        status = told['grpc-status'];
      });
    stream.resume().end(Buffer.alloc(5));
    await new Promise((resolve) => stream.once('close', resolve));
    return status === '0';
  }

  it('begin with the header of the PROXY protocol that is wanted, and get a GOAWAY when they are old', async () => {
    const session = client(await opened(header));
    const goAway = once(session, 'goaway', { signal: AbortSignal.timeout(15_000) });
    assert.ok(await isLive(session));
    assert.equal((await goAway)[0], 0);
    for (const first of ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\r\n\r\n\0\r\nQUIT\n']) {
      const socket = await opened(first);
      await once(socket.resume(), 'close', { signal: AbortSignal.timeout(5_000) });
    }
  });

  it('are so many at most, and callers come in all the same', async () => {
    const silent = await Promise.all(Array.from({ length: 3 * connectionsMax }, () => opened(header)));
    const isOpen = (socket: Socket): boolean => !socket.closed;
    for (const socket of silent) socket.resume();
    await waitFor(() => silent.filter(isOpen).length <= connectionsMax);
    const session = client(await opened(header));
    assert.ok(await isLive(session));
    session.destroy();
    for (const socket of silent) socket.destroy();
  });
});
