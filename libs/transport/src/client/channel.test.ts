/** How a channel keeps its connection; what calls on it mean is judged by connectconformance. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { acceptConnection, encodeHeaders, errorCodes, type ServerConnection, type ServerStream } from '@sheaf/http2';
import { untilDone } from '../testing/fake-model.ts';
import { timeoutValue } from './call.ts';
import type { CallStatus } from './call-status.ts';
import { type Channel, createChannel } from './channel.ts';

const okHeaders = encodeHeaders([
  [':status', '200'],
  ['content-type', 'application/grpc'],
]);
const okTrailers = encodeHeaders([['grpc-status', '0']]);

interface Target extends AsyncDisposable {
  readonly server: Server;
  readonly channel: Channel;
  readonly connections: ServerConnection[];
  /** Calls that came and are not answered. */
  readonly streams: ServerStream[];
  answer(stream: ServerStream | undefined): void;
  /** When a PING has come. */
  readonly pinged: Promise<void>;
}

async function openTarget({ isAnswering = true, port = 0, pongMaxMs = 1_000 } = {}): Promise<Target> {
  const connections: ServerConnection[] = [];
  const streams: ServerStream[] = [];
  const answer = (stream: ServerStream | undefined): void => {
    stream?.respond(okHeaders);
    stream?.end(okTrailers);
  };
  const { promise: pinged, resolve: onPing } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    // A PING is a frame of 17 bytes, which a client that can send nothing else sends by itself.
    socket.on('data', (chunk: Buffer) => {
      if (chunk.length === 17 && chunk.readUInt32BE(0) === 0x806) onPing();
    });
    const connection = acceptConnection(
      socket,
      {},
      {
        stream(stream) {
          if (isAnswering) answer(stream);
          else {
            // One that is not read gives no window.
            stream.pause();
            streams.push(stream);
          }
          return { data: () => {}, end: () => {}, close: () => {} };
        },
        close: () => {},
      },
    );
    connections.push(connection);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const channel = createChannel({ target: `127.0.0.1:${(server.address() as AddressInfo).port}`, pongMaxMs });
  return {
    ...{ server, channel, connections, streams, answer, pinged },
    async [Symbol.asyncDispose]() {
      channel.close();
      for (const connection of connections) connection.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const start = (channel: Channel, timeoutMs?: number): Promise<CallStatus> =>
  new Promise((resolve) => {
    const handler = { message: () => {}, end: resolve };
    channel.start({ path: '/a.B/C', messageBytesMax: 1000, timeoutMs }, handler).end();
  });

describe('a channel', () => {
  it('connects for the first call, and sends the next on the same connection', async () => {
    await using target = await openTarget();
    assert.equal(target.connections.length, 0);
    const both = await Promise.all([start(target.channel), start(target.channel)]);
    assert.deepEqual([both.map(({ code }) => code), (await start(target.channel)).code], [[0, 0], 0]);
    assert.equal(target.connections.length, 1);
  });

  it('fails calls while nobody is there, and finds who comes back', async () => {
    const { channel, server } = await openTarget();
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    for (let again = 0; again < 2; again++) assert.equal((await start(channel)).code, status.UNAVAILABLE);
    await using _ = await openTarget({ port });
    await untilDone(async () => assert.equal((await start(channel)).code, status.OK));
    channel.close();
  });

  it('lets calls be answered when the server says goodbye, and sends the next on another connection', async () => {
    await using target = await openTarget({ isAnswering: false });
    const { channel, connections, streams } = target;
    const first = start(channel);
    await untilDone(async () => assert.equal(streams.length, 1));
    connections[0]?.goAway();
    const second = untilDone(async () => {
      if (connections.length < 2) void start(channel);
      await new Promise(setImmediate);
      assert.equal(connections.length, 2);
    });
    await second;
    target.answer(streams[0]);
    assert.equal((await first).code, status.OK);
  });

  it('says of a call that the server refused unseen that it may be sent again', async () => {
    await using target = await openTarget({ isAnswering: false });
    const refused = start(target.channel);
    await untilDone(async () => assert.equal(target.streams.length, 1));
    target.streams[0]?.reset(errorCodes.REFUSED_STREAM);
    const { code, isRefused } = await refused;
    assert.deepEqual([code, isRefused], [status.UNAVAILABLE, true]);
  });

  it('does not say so of a call whose answer has begun', async () => {
    await using target = await openTarget({ isAnswering: false });
    const broken = start(target.channel);
    await untilDone(async () => assert.equal(target.streams.length, 1));
    target.streams[0]?.respond(okHeaders);
    target.streams[0]?.reset(errorCodes.REFUSED_STREAM);
    const { code, isRefused } = await broken;
    assert.deepEqual([code, isRefused], [status.UNAVAILABLE, false]);
  });

  it('closes a connection whose TLS cannot begin', { timeout: 10_000 }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const closed = once(server, 'connection').then(([socket]) => once((socket as Socket).resume(), 'close'));
    const channel = createChannel({
      target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      pongMaxMs: 1_000,
      secure: async () => {
        throw new Error('the certificates cannot be read');
      },
    });
    assert.equal((await start(channel)).code, status.UNAVAILABLE);
    await closed;
    channel.close();
    server.close();
    await once(server, 'close');
  });

  it('loses its calls with the connection', async () => {
    await using target = await openTarget({ isAnswering: false });
    const lost = start(target.channel);
    await untilDone(async () => assert.equal(target.streams.length, 1));
    target.connections[0]?.socket.destroy();
    const { code, isRefused } = await lost;
    assert.deepEqual([code, isRefused], [status.UNAVAILABLE, false]);
  });

  it('leaves a connection on which no ping is answered', async ({ mock }) => {
    await using target = await openTarget({ isAnswering: false });
    // What is set before stays real; the channel sets its timers when it connects.
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const silent = start(target.channel);
    while (target.streams.length === 0) await new Promise(setImmediate);
    target.connections[0]?.socket.pause();
    mock.timers.tick(5_000);
    mock.timers.tick(999);
    mock.timers.tick(1);
    assert.equal((await silent).code, status.UNAVAILABLE);
  });

  it('keeps a connection whose answer to a ping has come, and is not read yet when its time is up', async ({
    mock,
  }) => {
    await using target = await openTarget({ isAnswering: false });
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const alive = start(target.channel);
    while (target.streams.length === 0) await new Promise(setImmediate);
    const pinged = Promise.withResolvers<void>();
    target.connections[0]?.socket.once('data', () =>
      // The answer has been written by now, and nothing of it read.
      setImmediate(() => {
        mock.timers.tick(1_000);
        pinged.resolve();
      }),
    );
    mock.timers.tick(5_000);
    await pinged.promise;
    target.answer(target.streams[0]);
    assert.equal((await alive).code, status.OK);
  });

  it('ends a call at its deadline, also while it waits for a connection', async () => {
    await using target = await openTarget({ isAnswering: false });
    assert.equal((await start(target.channel, 0)).code, status.DEADLINE_EXCEEDED);
  });

  it('answers open calls when it is closed, and ends then', async () => {
    await using target = await openTarget({ isAnswering: false });
    const last = start(target.channel);
    await untilDone(async () => assert.equal(target.streams.length, 1));
    target.channel.close();
    target.answer(target.streams[0]);
    assert.equal((await last).code, status.OK);
    await untilDone(async () => assert.equal(target.connections[0]?.isClosed, true));
  });

  it('keeps its connection while a request waits that is larger than what of answers may wait', async () => {
    await using target = await openTarget({ isAnswering: false });
    const ended = new Promise<CallStatus>((resolve) => {
      const options = { path: '/a.B/C', messageBytesMax: 1000 };
      const call = target.channel.start(options, { message: () => {}, end: resolve });
      call.send(Buffer.alloc(40 * 1024 * 1024));
      call.end();
    });
    // The first ping comes after 5 s; answers would not be waited for more than one.
    await Promise.race([target.pinged, ended]);
    target.answer(target.streams[0]);
    assert.equal((await ended).code, status.OK);
    assert.deepEqual([target.connections.length, target.connections[0]?.isClosed], [1, false]);
  });
});

describe('a deadline as grpc-timeout has it', () => {
  for (const [ms, value] of [
    [0, '1u'],
    [0.0001, '1u'],
    [2.0001, '2001u'],
    [0.5, '500u'],
    [1_500, '1500000u'],
    [99_999.999, '99999999u'],
    [100_000, '100000m'],
    [1e8, '100000S'],
    [1e15, '99999999S'],
  ] as const)
    it(`is ${value} for ${ms} ms`, () => assert.equal(timeoutValue(ms), value));
});
