/** Windows, in both directions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags, settingIds } from './frame-types.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { dataFrame, frame, headersFrame, openRawPeer, type RawPeer, setting, uint32 } from './testing/raw-peer.ts';
import type { ServerStream, StreamHandler } from './types.ts';

const ok = encodeHeaders([[':status', '200']]);

const initialWindow = (bytes: number): Buffer =>
  frame('SETTINGS', 0, 0, setting(settingIds.INITIAL_WINDOW_SIZE, bytes));
const widen = (id: number, bytes: number): Buffer => frame('WINDOW_UPDATE', 0, id, uint32(bytes));

/** Answers each call at once with so many bytes. */
const answerWith =
  (bytes: number) =>
  (stream: ServerStream): undefined => {
    stream.respond(ok);
    stream.write(Buffer.alloc(bytes, stream.id));
    stream.end();
  };

const received = (peer: RawPeer, id: number): number =>
  peer.of('DATA', id).reduce((total, { payload }) => total + payload.length, 0);
const isOver = (peer: RawPeer, id: number): boolean =>
  peer.of('DATA', id).some((seen) => (seen.flags & flags.END_STREAM) !== 0);

describe('what the peer lets us send', () => {
  it('is nothing with a window of 0, until there is one', async () => {
    const peer = openRawPeer({ answer: answerWith(10) });
    peer.send(initialWindow(0), headersFrame(1));
    await peer.settle();
    assert.equal(peer.of('HEADERS', 1).length, 1);
    assert.equal(received(peer, 1), 0);
    assert.equal(peer.streams[0]?.stream.unsentBytes, 10);
    peer.send(widen(1, 1));
    await peer.settle();
    assert.equal(received(peer, 1), 1);
    peer.send(widen(1, 9));
    await peer.settle();
    assert.deepEqual([received(peer, 1), isOver(peer, 1)], [10, true]);
  });

  it('is one byte with a window of 1', async () => {
    const peer = openRawPeer({ answer: answerWith(3) });
    peer.send(initialWindow(1), headersFrame(1));
    await peer.settle();
    assert.deepEqual([received(peer, 1), isOver(peer, 1)], [1, false]);
  });

  it('ends a stream that has nothing to send whatever the window is', async () => {
    const peer = openRawPeer({ answer: answerWith(0) });
    peer.send(initialWindow(0), headersFrame(1));
    await peer.settle();
    assert.ok(isOver(peer, 1));
  });

  it('may become less than nothing, and has to come back above it first', async () => {
    const peer = openRawPeer({ answer: answerWith(100) });
    peer.send(initialWindow(60), headersFrame(1));
    await peer.settle();
    assert.equal(received(peer, 1), 60);
    peer.send(initialWindow(20), widen(1, 40));
    await peer.settle();
    assert.equal(received(peer, 1), 60);
    peer.send(widen(1, 1));
    await peer.settle();
    assert.equal(received(peer, 1), 61);
  });

  it('grows for open streams with the initial window, of which the last in a frame counts', async () => {
    const peer = openRawPeer({ answer: answerWith(100) });
    const id = settingIds.INITIAL_WINDOW_SIZE;
    peer.send(initialWindow(10), headersFrame(1));
    peer.send(frame('SETTINGS', 0, 0, Buffer.concat([setting(id, 90), setting(id, 30)])));
    await peer.settle();
    assert.equal(received(peer, 1), 30);
  });

  it('is no more than the window of the connection, of all streams together', async () => {
    const peer = openRawPeer({ answer: answerWith(50_000) });
    peer.send(initialWindow(1_000_000), headersFrame(1), headersFrame(3));
    await peer.settle();
    assert.equal(received(peer, 1) + received(peer, 3), 65_535);
    peer.send(widen(0, 100_000));
    await peer.settle();
    assert.deepEqual([received(peer, 1), received(peer, 3)], [50_000, 50_000]);
  });

  it('goes to streams in turn, a frame each', async () => {
    const peer = openRawPeer({ answer: answerWith(100_000) });
    peer.send(initialWindow(1_000_000), widen(0, 1_000_000), headersFrame(1), headersFrame(3));
    await peer.settle();
    const order = peer.of('DATA').map(({ id }) => id);
    assert.deepEqual(order.slice(0, 6), [1, 3, 1, 3, 1, 3]);
    assert.ok(peer.of('DATA').every(({ payload }) => payload.length <= 16_384));
    assert.deepEqual([received(peer, 1), received(peer, 3)], [100_000, 100_000]);
  });

  it('is too much above 2^31-1: of a stream, of the connection, by the initial window', async () => {
    const max = 2 ** 31 - 1;
    const cases = [
      { frames: [widen(1, max)], want: ['RST_STREAM 1 FLOW_CONTROL_ERROR'] },
      { frames: [widen(0, max)], want: ['GOAWAY FLOW_CONTROL_ERROR'] },
      { frames: [widen(1, 1), initialWindow(max)], want: ['GOAWAY FLOW_CONTROL_ERROR'] },
      { frames: [initialWindow(2 ** 31)], want: ['GOAWAY FLOW_CONTROL_ERROR'] },
    ];
    for (const { frames, want } of cases) {
      const peer = openRawPeer();
      peer.send(headersFrame(1), ...frames);
      await peer.settle();
      assert.deepEqual(peer.errors(), want);
    }
  });

  it('does not grow by 0', async () => {
    for (const [id, want] of [
      [1, 'RST_STREAM 1 PROTOCOL_ERROR'],
      [0, 'GOAWAY PROTOCOL_ERROR'],
    ] as const) {
      const peer = openRawPeer();
      peer.send(headersFrame(1), widen(id, 0));
      await peer.settle();
      assert.deepEqual(peer.errors(), [want]);
    }
  });

  it('is dropped with a stream that is reset', async () => {
    const peer = openRawPeer({ answer: answerWith(100_000) });
    peer.send(initialWindow(0), headersFrame(1), frame('RST_STREAM', 0, 1, uint32(8)), widen(1, 100_000));
    await peer.settle();
    assert.deepEqual([received(peer, 1), peer.connection.sender.unsentBytes], [0, 0]);
  });
});

/** Takes what comes, and answers nothing. */
const take = (): StreamHandler => ({ data() {}, end() {}, close() {} });
/** Takes nothing before its stream is resumed. */
const takePaused = (stream: ServerStream): StreamHandler => {
  stream.pause();
  return take();
};
const options = { streamWindowBytes: 70_000, connectionWindowBytes: 140_000 };
const half = Array.from({ length: 4 }, () => dataFrame(1, Buffer.alloc(10_000)));

/** A peer that has sent all that the window of stream 1 allows, which is paused. */
const openFilledPeer = async (more: { readonly heldBytesMax?: number } = {}): Promise<RawPeer> => {
  const peer = openRawPeer({ ...options, ...more, answer: takePaused });
  peer.send(headersFrame(1), ...half, dataFrame(1, Buffer.alloc(16_000)), dataFrame(1, Buffer.alloc(14_000)));
  await peer.settle();
  return peer;
};

describe('what we let the peer send', () => {
  it('is told first', async () => {
    const peer = openRawPeer(options);
    await peer.settle();
    const [settings] = peer.of('SETTINGS');
    assert.ok(settings?.payload.includes(setting(settingIds.INITIAL_WINDOW_SIZE, 70_000)));
    assert.deepEqual(
      peer.of('WINDOW_UPDATE', 0).map(({ payload }) => payload.readUInt32BE(0)),
      [140_000 - 65_535],
    );
  });

  it('is given back when half of it is used, at once', async () => {
    const peer = openRawPeer({ ...options, answer: take });
    peer.send(headersFrame(1), ...half);
    await peer.settle();
    assert.deepEqual(
      peer.of('WINDOW_UPDATE', 1).map(({ payload }) => payload.readUInt32BE(0)),
      [40_000],
    );
    assert.equal(peer.of('WINDOW_UPDATE', 0).length, 1);
    peer.send(...half);
    await peer.settle();
    assert.equal(peer.of('WINDOW_UPDATE', 0)[1]?.payload.readUInt32BE(0), 70_000);
  });

  it('is held back while a stream is paused, which stops no other stream, and given back with resume', async () => {
    const peer = await openFilledPeer();
    assert.equal(peer.of('WINDOW_UPDATE', 1).length, 0);
    assert.equal(peer.of('WINDOW_UPDATE', 0)[1]?.payload.readUInt32BE(0), 70_000);
    peer.streams[0]?.stream.resume();
    await peer.settle();
    assert.equal(peer.of('WINDOW_UPDATE', 1)[0]?.payload.readUInt32BE(0), 70_000);
    assert.equal(peer.of('WINDOW_UPDATE', 0).length, 2);
  });

  it('is held back of the connection too where paused streams hold more than they may together', async () => {
    const window = 70_000;
    const peer = openRawPeer({
      ...options,
      heldBytesMax: 2 * window,
      answer: takePaused,
    });
    const fill = (id: number): Buffer[] => [
      headersFrame(id),
      ...Array.from({ length: 5 }, () => dataFrame(id, Buffer.alloc(window / 5))),
    ];
    const given = (): number =>
      peer.of('WINDOW_UPDATE', 0).reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 65_535);
    for (const id of [1, 3, 5, 7]) peer.send(...fill(id));
    await peer.settle();
    // The window of the connection and as much as may be held: there is none left.
    assert.equal(given(), 4 * window);
    peer.send(headersFrame(9), dataFrame(9, [1]));
    await peer.settle();
    assert.deepEqual(peer.errors(), ['GOAWAY FLOW_CONTROL_ERROR']);
  });

  it('comes back to the connection when a paused stream that holds too much is resumed', async () => {
    const peer = await openFilledPeer({ heldBytesMax: 0 });
    assert.equal(peer.of('WINDOW_UPDATE', 0).length, 1);
    peer.streams[0]?.stream.resume();
    await peer.settle();
    assert.equal(peer.of('WINDOW_UPDATE', 0)[1]?.payload.readUInt32BE(0), 70_000);
  });

  it('comes back to the connection from a stream that ends while it is paused', async () => {
    const peer = await openFilledPeer({ heldBytesMax: 0 });
    peer.streams[0]?.stream.reset(8);
    await peer.settle();
    assert.equal(peer.of('WINDOW_UPDATE', 0)[1]?.payload.readUInt32BE(0), 70_000);
  });

  it('comes back to the connection for what is dropped, and for padding', async () => {
    const peer = openRawPeer({ ...options, answer: take });
    peer.send(headersFrame(1));
    await peer.settle();
    peer.streams[0]?.stream.reset(8);
    peer.send(
      ...half,
      headersFrame(3),
      frame('DATA', flags.PADDED, 3, Buffer.concat([Buffer.of(250), Buffer.alloc(250)])),
    );
    peer.send(...Array.from({ length: 2 }, () => dataFrame(3, Buffer.alloc(14_999))));
    await peer.settle();
    assert.equal(peer.of('WINDOW_UPDATE', 0)[1]?.payload.readUInt32BE(0), 70_000 + 251 - 2);
  });

  it('is an error beyond the window of a stream, and of the connection', async () => {
    const frames = (id: number): Buffer[] => [
      headersFrame(id),
      ...Array.from({ length: 5 }, () => dataFrame(id, Buffer.alloc(14_001))),
    ];
    const pause = (stream: ServerStream): undefined => stream.pause() as undefined;
    const peer = openRawPeer({ ...options, answer: pause });
    peer.send(...frames(1));
    await peer.settle();
    assert.deepEqual(peer.errors(), ['RST_STREAM 1 FLOW_CONTROL_ERROR']);
    const other = openRawPeer({
      streamWindowBytes: 70_005,
      connectionWindowBytes: 70_006,
      heldBytesMax: 0,
      answer: pause,
    });
    other.send(...frames(1), headersFrame(3), dataFrame(3, [1, 2]));
    await other.settle();
    assert.deepEqual(other.errors(), ['GOAWAY FLOW_CONTROL_ERROR']);
  });

  it('is the default until our SETTINGS are acknowledged, where they allow less', async () => {
    const peer = openRawPeer({ streamWindowBytes: 100, isPolite: false });
    const hello = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    peer.send(hello, frame('SETTINGS', 0, 0), headersFrame(1), dataFrame(1, Buffer.alloc(1_000)));
    await peer.settle();
    assert.deepEqual(peer.errors(), []);
    peer.send(frame('SETTINGS', flags.ACK, 0), headersFrame(3), dataFrame(3, Buffer.alloc(101)));
    await peer.settle();
    assert.deepEqual(peer.errors(), ['RST_STREAM 3 FLOW_CONTROL_ERROR']);
  });
});
