import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { InFlight } from '../in-flight.ts';
import { letGoOfStreams, stateOf } from './session-streams.ts';

/** A server that answers `/answered` and leaves every other call open. */
async function withSession(
  work: (client: ClientHttp2Session, session: ServerHttp2Session) => Promise<void>,
): Promise<void> {
  const server = createServer();
  server.on('session', letGoOfStreams);
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/answered') stream.respond({}, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => {});
  const [session] = (await once(server, 'session')) as [ServerHttp2Session];
  try {
    await work(client, session);
  } finally {
    client.destroy();
    server.close();
  }
}

const open = (client: ClientHttp2Session, path: string) => {
  const stream = client.request({ ':path': path });
  stream.on('error', () => {});
  stream.resume();
  return stream;
};

describe('the streams of a session', () => {
  it('are kept in our table, where Node finds them', () =>
    withSession(async (client, session) => {
      const streams = stateOf(session)?.streams;
      assert.ok(streams instanceof InFlight);
      const waiting = open(client, '/waiting');
      for (let n = 0; n < 3; n++) await once(open(client, '/answered'), 'close');
      assert.equal(streams.size, 1);
      waiting.close();
      await once(waiting, 'close');
    }));

  it('end with it', () =>
    withSession(async (client, session) => {
      const waiting = [open(client, '/1'), open(client, '/2'), open(client, '/3')];
      await once(open(client, '/answered'), 'close');
      session.destroy();
      await Promise.all(waiting.map((stream) => once(stream, 'close')));
      assert.equal(stateOf(session)?.streams?.size ?? 0, 0);
    }));

  it('keep it from closing until the last has ended', () =>
    withSession(async (client, session) => {
      const waiting = open(client, '/waiting');
      await once(open(client, '/answered'), 'close');
      session.close();
      let isClosed = false;
      session.on('close', () => (isClosed = true));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(isClosed, false);
      waiting.close();
      await once(session, 'close');
    }));
});
