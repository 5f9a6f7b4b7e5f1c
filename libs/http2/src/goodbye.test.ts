/** The end of a connection, and of its streams with it. */
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { flags, preface, settingIds } from './frame-types.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { limits } from './limits.ts';
import { acceptConnection } from './server.ts';
import { dataFrame, frame, headersFrame, openRawPeer, setting, uint32 } from './testing/raw-peer.ts';
import { errorCodes, type ServerStream } from './types.ts';

const ok = encodeHeaders([[':status', '200']]);
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

const answerAtOnce = (stream: ServerStream): undefined => {
  stream.respondOnly(ok);
};

describe('goodbye', () => {
  const lastStreams = (peer: ReturnType<typeof openRawPeer>): number[] =>
    peer.of('GOAWAY').map(({ payload }) => payload.readUInt32BE(0));

  it('is said twice, with a PING between, and calls that were on their way come in', async () => {
    const peer = openRawPeer();
    peer.send(headersFrame(1, { isLast: true }));
    await peer.settle();
    peer.connection.goAway();
    await peer.settle();
    assert.deepEqual(lastStreams(peer), [2 ** 31 - 1]);
    peer.send(headersFrame(3, { isLast: true }), frame('PING', flags.ACK, 0, peer.of('PING')[0]?.payload ?? []));
    await peer.settle();
    assert.deepEqual(lastStreams(peer), [2 ** 31 - 1, 3]);
    peer.send(headersFrame(5));
    await peer.settle();
    assert.deepEqual(peer.errors().at(-1), 'RST_STREAM 5 REFUSED_STREAM');
    for (const { stream } of peer.streams) {
      assert.equal(peer.hasEnded, false);
      stream.respondOnly(ok);
      await peer.settle();
    }
    assert.deepEqual([peer.hasEnded, peer.closed], [true, { why: undefined }]);
    assert.deepEqual(
      peer.streams.map(({ end }) => end?.kind),
      ['done', 'done'],
    );
  });

  it('drops all that comes of a stream that was refused after it, and keeps the calls that run', async () => {
    const late = {
      DATA: dataFrame(3, [0, 0, 0, 0, 0], true),
      RST_STREAM: frame('RST_STREAM', 0, 3, uint32(errorCodes.CANCEL)),
      WINDOW_UPDATE: frame('WINDOW_UPDATE', 0, 3, uint32(1_000)),
      HEADERS: headersFrame(3, { isLast: true, fields: [['checksum', '1']] }),
    };
    for (const [type, bytes] of Object.entries(late)) {
      const peer = openRawPeer();
      peer.send(headersFrame(1, { isLast: true }));
      await peer.settle();
      peer.connection.goAway();
      await peer.settle();
      peer.send(frame('PING', flags.ACK, 0, peer.of('PING')[0]?.payload ?? []), headersFrame(3), bytes);
      await peer.settle();
      assert.deepEqual(peer.errors().slice(2), ['RST_STREAM 3 REFUSED_STREAM'], type);
      assert.deepEqual([lastStreams(peer).at(-1), peer.streams[0]?.end], [1, undefined], type);
    }
  });

  it('is over for whoever waits for it only when its last answer has left the socket', async () => {
    const peer = openRawPeer({
      isReading: false,
      answer: (stream) => {
        stream.respond(ok);
        stream.write(Buffer.alloc(60_000));
        stream.end(ok);
        return undefined;
      },
    });
    peer.send(headersFrame(1, { isLast: true }));
    await peer.settle();
    peer.connection.goAway(errorCodes.ENHANCE_YOUR_CALM);
    await peer.settle();
    assert.ok(peer.streams[0]?.end);
    assert.equal(peer.closed, undefined);
    peer.socket.resume();
    await until(() => peer.closed !== undefined);
    assert.equal(peer.connection.outbox.socketBytes, 0);
  });

  it('is said the second time after a second, where the PING is not answered', async () => {
    const peer = openRawPeer();
    await peer.settle();
    peer.connection.goAway();
    peer.connection.tick(performance.now() + 1_001);
    await peer.settle();
    assert.deepEqual(lastStreams(peer), [2 ** 31 - 1, 0]);
    assert.equal(peer.hasEnded, true);
  });

  it('with an error is said once', async () => {
    const peer = openRawPeer();
    peer.send(headersFrame(1));
    await peer.settle();
    peer.connection.goAway(errorCodes.ENHANCE_YOUR_CALM, 'enough');
    await peer.settle();
    assert.deepEqual(lastStreams(peer), [1]);
    assert.equal(String(peer.of('GOAWAY')[0]?.payload.subarray(8)), 'enough');
    assert.equal(peer.connection.isClosed, false);
  });

  it('may be the end of all streams', async () => {
    const peer = openRawPeer();
    peer.send(headersFrame(1));
    await peer.settle();
    peer.connection.destroy(errorCodes.INTERNAL_ERROR, 'over');
    assert.deepEqual(peer.streams[0]?.end, { kind: 'lost', code: errorCodes.INTERNAL_ERROR });
    await peer.settle();
    assert.deepEqual([peer.errors(), peer.hasEnded], [['GOAWAY INTERNAL_ERROR'], true]);
  });

  it('closes a socket whose peer does not', async () => {
    const peer = openRawPeer();
    await peer.settle();
    peer.connection.destroy();
    peer.connection.tick(performance.now() + 1_001);
    assert.equal(peer.connection.socket.destroyed, true);
  });

  it('waits for whoever reads the last answer slowly, and not for one that does not read', async () => {
    for (const isRead of [true, false]) {
      const bytes = limits.socketBytesMax;
      const peer = openRawPeer({
        isReading: false,
        answer(stream) {
          stream.respond(ok);
          stream.write(Buffer.alloc(bytes));
          stream.end(ok);
          return undefined;
        },
      });
      const wide = frame('SETTINGS', 0, 0, setting(settingIds.INITIAL_WINDOW_SIZE, 2 ** 31 - 1));
      peer.send(wide, frame('WINDOW_UPDATE', 0, 0, uint32(2 ** 30)), headersFrame(1, { isLast: true }));
      await peer.settle();
      const { connection } = peer;
      const start = performance.now();
      connection.goAway();
      connection.tick(start + 1_001);
      assert.deepEqual([connection.isClosed, peer.streams[0]?.end?.kind], [true, 'done']);
      connection.tick(start + 2_500);
      connection.tick(start + 5_000);
      assert.equal(connection.socket.destroyed, false);
      if (isRead) {
        let read = 0;
        for await (const chunk of peer.socket) read += (chunk as Buffer).length;
        assert.ok(read > bytes, `${read} bytes came`);
        connection.tick(start + 5_000);
        connection.tick(start + 6_001);
      } else for (const ms of [40_000, 80_000]) connection.tick(start + ms);
      assert.equal(connection.socket.destroyed, true);
    }
  });

  it('of the peer with an error is told as why', async () => {
    const peer = openRawPeer();
    peer.send(frame('GOAWAY', 0, 0, Buffer.concat([uint32(0), uint32(errorCodes.INTERNAL_ERROR)])));
    await peer.settle();
    peer.socket.end();
    await peer.settle();
    assert.match(peer.closed?.why ?? '', /error 2/);
  });
});

describe('what a stream is told after it is closed', () => {
  it('does nothing', async () => {
    const peer = openRawPeer({ answer: answerAtOnce });
    peer.send(headersFrame(1, { isLast: true }));
    await peer.settle();
    const stream = peer.streams[0]?.stream;
    const before = peer.seen.length;
    assert.equal(stream?.isClosed, true);
    stream?.respond(ok);
    stream?.write(Buffer.of(1));
    stream?.end();
    stream?.reset(8);
    stream?.pause();
    stream?.resume();
    await peer.settle();
    assert.equal(peer.seen.length, before);
    assert.deepEqual(peer.streams[0]?.end, { kind: 'done', code: 0 });
  });
});

describe('a handler that throws', () => {
  it('also when it is told of the end, and of errors, leaves the connection to the others', async () => {
    const [socket, theirs] = duplexPair();
    const broken = (): never => {
      throw new Error('broken');
    };
    const connection = acceptConnection(
      theirs,
      {},
      { stream: () => ({ data: broken, end: broken, close: broken }), failed: broken, close: broken },
    );
    socket.write(Buffer.concat([preface, frame('SETTINGS', 0, 0), headersFrame(1, { isLast: true }), headersFrame(3)]));
    await until(() => connection.openStreams === 1);
    socket.write(dataFrame(3, [1]));
    await until(() => connection.openStreams === 0);
    assert.equal(connection.isClosed, false);
    connection.destroy();
  });
});

describe('a socket that is over before anybody accepts it', () => {
  it('is a connection that has ended', async () => {
    const [, theirs] = duplexPair();
    theirs.destroy();
    await turn();
    const why = await new Promise((close) => acceptConnection(theirs, {}, { stream: () => assert.fail(), close }));
    assert.equal(why, undefined);
  });
});
