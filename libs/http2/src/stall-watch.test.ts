/** Answers that wait for a peer that takes other things, but not them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settingIds } from './frame-types.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { dataFrame, frame, headersFrame, openRawPeer, type RawPeer, setting, uint32 } from './testing/raw-peer.ts';

const ok = encodeHeaders([[':status', '200']]);
const MiB = 1024 * 1024;
const tickMs = 250;

/** Streams without window of their own; those whose path says so are answered with 4 KiB, the others with as much as is told. */
async function open(bytes: number): Promise<RawPeer> {
  const peer = openRawPeer({
    answer(stream) {
      stream.respond(ok);
      stream.write(Buffer.alloc(stream.id === 1 ? bytes : 4_096));
      stream.end();
      return undefined;
    },
  });
  peer.send(frame('SETTINGS', 0, 0, setting(settingIds.INITIAL_WINDOW_SIZE, 0)), headersFrame(1, { isLast: true }));
  await peer.settle();
  return peer;
}

/** For so long the peer does the same each quarter of a second. */
async function pass(peer: RawPeer, ms: number, act: (n: number) => readonly Buffer[]): Promise<void> {
  const start = performance.now();
  for (let n = 1; n * tickMs <= ms && !peer.connection.isClosed; n++) {
    peer.send(...act(n));
    await peer.settle();
    peer.connection.tick(start + n * tickMs);
  }
  await peer.settle();
}

const window = (id: number, bytes: number): Buffer => frame('WINDOW_UPDATE', 0, id, uint32(bytes));
/** As many as a connection may send in a minute of this clock, all of which come at once. */
const pings = (): Buffer[] => Array.from({ length: 6 }, () => frame('PING', 0, 0, Buffer.alloc(8)));
const smallCall = (n: number): Buffer[] => [
  headersFrame(2 * n + 1, { isLast: true }),
  window(2 * n + 1, 4_096),
  window(0, 4_096),
];
const stalled = ['RST_STREAM 1 ENHANCE_YOUR_CALM'];

describe('an answer for which its peer gives no window', () => {
  it('is not kept waiting by PINGs', async () => {
    const peer = await open(MiB);
    await pass(peer, 29_000, pings);
    assert.deepEqual([peer.errors(), peer.connection.sender.unsentBytes], [[], MiB]);
    await pass(peer, 31_000, pings);
    assert.deepEqual([peer.errors(), peer.connection.sender.unsentBytes], [stalled, 0]);
  });

  it('is not kept waiting by PINGs where very much waits: a second, and the connection ends', async () => {
    const peer = await open(64 * MiB);
    await pass(peer, 2_000, pings);
    assert.match(peer.closed?.why ?? '', /not read/);
  });

  it('is not kept waiting by other answers, which go on', async () => {
    const peer = await open(MiB);
    await pass(peer, 31_000, smallCall);
    assert.deepEqual([peer.errors(), peer.connection.isClosed], [stalled, false]);
    assert.ok(peer.streams.slice(1).every(({ end }) => end?.kind === 'done'));
  });

  it('is not kept waiting by window for its stream and none for the connection', async () => {
    const peer = await open(MiB);
    // The connection has a first window, of which half a minute takes enough.
    peer.send(window(1, MiB));
    await pass(peer, 61_000, pings);
    assert.match(peer.closed?.why ?? '', /not read/);
  });

  it('is not kept waiting by a byte now and then', async () => {
    const peer = await open(MiB);
    await pass(peer, 31_000, (n) => (n % 4 === 0 ? [window(1, 1)] : []));
    assert.deepEqual(peer.errors(), stalled);
  });

  it('is sent as slowly as its peer likes, above 1 KiB a second', async () => {
    const peer = await open(MiB);
    await pass(peer, 90_000, () => [window(1, 300), window(0, 300)]);
    assert.deepEqual([peer.errors(), peer.connection.isClosed], [[], false]);
    assert.ok(peer.of('DATA', 1).length >= 360);
  });

  it('may wait for its turn behind others for as long as those take', async () => {
    const peer = await open(MiB);
    peer.send(window(1, MiB));
    await pass(peer, 90_000, (n) => [...(n < 250 ? smallCall(n) : []), window(0, 300)]);
    assert.deepEqual([peer.errors(), peer.connection.isClosed], [[], false]);
  });
});

describe('a request that its peer does not end', () => {
  it('is no answer that waits', async () => {
    const peer = openRawPeer();
    peer.send(headersFrame(1), dataFrame(1, [1]));
    await pass(peer, 70_000, () => []);
    assert.deepEqual([peer.errors(), peer.connection.isClosed], [[], false]);
  });
});
