/** Each limit of a connection: one that passes it is told to calm down, and one beside it that behaves goes on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags, settingIds } from './frame-types.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { limits } from './limits.ts';
import {
  dataFrame,
  frame,
  headersFrame,
  openRawPeer,
  type RawPeer,
  type RawPeerOptions,
  requestFields,
  setting,
  uint32,
} from './testing/raw-peer.ts';
import { errorCodes, type ServerStream } from './types.ts';

const ok = encodeHeaders([[':status', '200']]);
const answer = (stream: ServerStream): undefined => {
  stream.respondOnly(ok);
};
const ping = frame('PING', 0, 0, Buffer.alloc(8));
const reset = (id: number): Buffer => frame('RST_STREAM', 0, id, uint32(errorCodes.CANCEL));
/** The number of the n-th stream. */
const id = (n: number): number => 2 * n + 1;
const calm = ['GOAWAY ENHANCE_YOUR_CALM'];

const repeat = (times: number, one: (n: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: times }, (_, n) => one(n)));

interface Flood {
  readonly options?: RawPeerOptions;
  /** Is sent before the flood. */
  readonly first?: Buffer;
  /** The number of frames that are allowed at once. */
  readonly max: number;
  readonly one: (n: number) => Buffer;
  readonly why: RegExp;
}

const floods: Readonly<Record<string, Flood>> = {
  // The first one was said as hello, and its acknowledgement is another.
  SETTINGS: { max: limits.settings.max - 2, one: () => frame('SETTINGS', 0, 0), why: /SETTINGS/ },
  PING: { max: limits.pings.max, one: () => ping, why: /PING/ },
  'streams that are opened and reset': {
    max: limits.resets.max,
    one: (n) => Buffer.concat([headersFrame(id(n)), reset(id(n))]),
    why: /reset/,
  },
  'RST_STREAM for streams that are closed': {
    first: Buffer.concat([headersFrame(1), reset(1)]),
    max: limits.resets.max - 1,
    one: () => reset(1),
    why: /reset/,
  },
  'calls that are malformed': {
    max: limits.resets.max,
    one: (n) => headersFrame(id(n), { isLast: true, fields: [[':path', '/']] }),
    why: /reset/,
  },
  'WINDOW_UPDATEs of 0, which reset their streams': {
    max: limits.resets.max,
    one: (n) => Buffer.concat([headersFrame(id(n)), frame('WINDOW_UPDATE', 0, id(n), uint32(0))]),
    why: /reset/,
  },
  'streams above the limit': {
    options: { concurrentStreamsMax: 2 },
    first: Buffer.concat([headersFrame(1), headersFrame(3)]),
    max: limits.refusals.max,
    one: (n) => headersFrame(id(n + 2)),
    why: /at once/,
  },
  'empty DATA': { first: headersFrame(1), max: limits.idleFrames.max, one: () => dataFrame(1, []), why: /no work/ },
  'DATA of padding': {
    first: headersFrame(1),
    max: limits.idleFrames.max,
    one: () => frame('DATA', flags.PADDED, 1, [1, 0]),
    why: /no work/,
  },
  PRIORITY: { max: limits.idleFrames.max, one: () => frame('PRIORITY', 0, 1, [0, 0, 0, 3, 1]), why: /no work/ },
  'frames of unknown types': { max: limits.idleFrames.max, one: () => frame(0xee, 0, 0, [1]), why: /no work/ },
  'answers to PINGs that nobody sent': {
    max: limits.idleFrames.max,
    one: () => frame('PING', flags.ACK, 0, Buffer.alloc(8)),
    why: /no work/,
  },
  'acknowledgements of SETTINGS that nobody sent': {
    max: limits.settings.max - 2,
    one: () => frame('SETTINGS', flags.ACK, 0),
    why: /SETTINGS/,
  },
  GOAWAY: { max: limits.idleFrames.max, one: () => frame('GOAWAY', 0, 0, Buffer.alloc(8)), why: /no work/ },
  'trailers for a stream that was reset': {
    options: { answer: (stream) => stream.reset(errorCodes.CANCEL) as undefined },
    first: headersFrame(1),
    max: limits.idleFrames.max,
    one: () => headersFrame(1, { isLast: true, fields: [['x', '1']] }),
    why: /no work/,
  },
  WINDOW_UPDATE: {
    max: limits.windowUpdates.max,
    one: () => frame('WINDOW_UPDATE', 0, 0, uint32(1)),
    why: /WINDOW_UPDATE/,
  },
  'padding, and DATA for a stream that was reset, by their bytes': {
    options: { connectionWindowBytes: 2 ** 31 - 1, answer: (stream) => stream.reset(errorCodes.CANCEL) as undefined },
    first: headersFrame(1),
    max: Math.floor(limits.idleBytes.max / 16_393) - 1,
    one: () => dataFrame(1, Buffer.alloc(16_384)),
    why: /bytes that do no work/,
  },
};

async function works(peer: RawPeer, n: number): Promise<void> {
  peer.send(headersFrame(id(n), { isLast: true }));
  await peer.settle();
  assert.equal(peer.of('HEADERS', id(n)).length, 1);
}

describe('a flood closes its connection and no other', () => {
  for (const [what, { options, first, max, one, why }] of Object.entries(floods))
    it(what, async () => {
      const decent = openRawPeer({ answer });
      const peer = openRawPeer(options);
      peer.send(first ?? Buffer.alloc(0));
      await peer.settle();
      peer.send(repeat(max, one));
      await peer.settle();
      assert.equal(peer.connection.isClosed, false, peer.closed?.why ?? 'open');
      await works(decent, 0);
      // Some of it has been forgiven since; ten times as much is too much in any case.
      peer.send(repeat(max * 9, (n) => one(max + n)));
      await peer.settle();
      assert.deepEqual(peer.errors().slice(-1), calm);
      assert.match(peer.closed?.why ?? '', why);
      await works(decent, 1);
    });
});

describe('what is forgiven', () => {
  it('is as many PINGs and WINDOW_UPDATEs as calls and answers bring', async () => {
    const peer = openRawPeer({ answer });
    const rounds = 5_000;
    const call = (n: number): Buffer =>
      Buffer.concat([
        headersFrame(id(n), { isLast: true }),
        ping,
        ping,
        ping,
        frame('WINDOW_UPDATE', 0, 0, uint32(1)),
        frame('WINDOW_UPDATE', 0, id(n), uint32(1)),
      ]);
    peer.send(repeat(rounds, call));
    await peer.settle();
    assert.deepEqual([peer.closed, peer.streams.length], [undefined, rounds]);
  });
});

describe('WINDOW_UPDATEs of a byte', () => {
  it('are not paid for by the frames of a byte that they let go out', async () => {
    const peer = openRawPeer({
      answer(stream) {
        stream.respond(ok);
        stream.write(Buffer.alloc(1_000));
        return undefined;
      },
    });
    const streams = 200;
    peer.send(frame('SETTINGS', 0, 0, setting(settingIds.INITIAL_WINDOW_SIZE, 0)));
    peer.send(repeat(streams, (n) => headersFrame(id(n), { isLast: true })));
    await peer.settle();
    let sent = 0;
    while (!peer.connection.isClosed && sent < 5 * limits.windowUpdates.max) {
      peer.send(repeat(streams, (n) => frame('WINDOW_UPDATE', 0, id(n), uint32(1))));
      sent += streams;
      await peer.settle();
    }
    assert.deepEqual(peer.errors(), calm);
  });
});

describe('a header list', () => {
  const { bytes } = encodeHeaders(requestFields);

  it('may come in nine frames, and not in ten', async () => {
    for (const [continuations, isTooMuch] of [
      [8, false],
      [9, true],
    ] as const) {
      const peer = openRawPeer();
      peer.send(
        frame('HEADERS', 0, 1, bytes),
        repeat(continuations - 1, () => frame('CONTINUATION', 0, 1, [])),
        frame('CONTINUATION', flags.END_HEADERS, 1, []),
      );
      await peer.settle();
      assert.deepEqual(peer.errors(), isTooMuch ? calm : []);
      assert.equal(peer.streams.length, isTooMuch ? 0 : 1);
    }
  });

  it('may have 128 fields and 256 KiB, and not more', async () => {
    const fields = (count: number) => [
      ...requestFields,
      ...Array.from({ length: count - requestFields.length }, () => ['x', '1'] as const),
    ];
    const peer = openRawPeer();
    peer.send(headersFrame(1, { fields: fields(128) }), headersFrame(3, { fields: fields(129) }));
    // A value that is in the table once, and comes out of it again and again.
    const long = Buffer.concat([Buffer.of(0x40, 1, 0x78), Buffer.of(0x7f, 0x81, 0x1e), Buffer.alloc(3_968, 0x61)]);
    peer.send(frame('HEADERS', flags.END_HEADERS, 5, Buffer.concat([bytes, long, Buffer.alloc(100, 0xbe)])));
    await peer.settle();
    assert.deepEqual(peer.errors(), ['RST_STREAM 3 ENHANCE_YOUR_CALM', 'RST_STREAM 5 ENHANCE_YOUR_CALM']);
    assert.equal(peer.streams.length, 1);
  });
});

describe('a peer that does not read', () => {
  it('may leave 1,000 answers to PING where they are', async () => {
    const peer = openRawPeer({
      isReading: false,
      answer(stream) {
        stream.respond(ok);
        stream.write(Buffer.alloc(65_535));
        return undefined;
      },
    });
    // These bytes fill the socket that nobody reads.
    peer.send(headersFrame(1));
    await peer.settle();
    const batches: (string | undefined)[] = [];
    for (let n = 0; n < 15; n++) {
      peer.send(repeat(100, () => ping));
      await peer.settle();
      batches.push(peer.closed?.why);
    }
    assert.deepEqual(batches.slice(0, 9), Array(9).fill(undefined));
    assert.match(peer.closed?.why ?? '', /not read/);
  });

  it('is not read itself while what it is to be told takes more than its share', async () => {
    const long = encodeHeaders([
      [':status', '200'],
      ['x', '\xff'.repeat(8_000)],
    ]);
    const peer = openRawPeer({ isReading: false, answer: (stream) => stream.respondOnly(long) as undefined });
    for (let n = 0; n < 1_000; n++) {
      peer.send(headersFrame(id(n), { isLast: true }));
      if (n % 10 === 0) await peer.settle();
    }
    await peer.settle();
    const { pendingBytes, socketBytes } = peer.connection.outbox;
    assert.ok(peer.streams.length < 100, `${peer.streams.length} calls were taken`);
    assert.ok(pendingBytes + socketBytes < 2 * (limits.controlBytesMax + limits.socketBytesMax));
    peer.socket.resume();
    for (let n = 0; n < 1_000 && peer.streams.length < 1_000; n++) await peer.settle();
    assert.equal(peer.streams.length, 1_000);
  });

  it('is closed after half a minute, and after a second where very much waits', async () => {
    const widths = frame('SETTINGS', 0, 0, setting(settingIds.INITIAL_WINDOW_SIZE, 2 ** 31 - 1));
    for (const [bytes, waitMs] of [
      [1_000_000, 30_000],
      [limits.socketBytesMax + 33 * 1024 * 1024, limits.overfullMaxMs],
    ] as const) {
      const peer = openRawPeer({
        isReading: false,
        answer(stream) {
          stream.respond(ok);
          stream.write(Buffer.alloc(bytes));
          return undefined;
        },
      });
      peer.send(widths, headersFrame(1, { isLast: true }));
      await peer.settle();
      const now = performance.now();
      peer.connection.tick(now);
      peer.connection.tick(now + waitMs / 2);
      assert.equal(peer.connection.isClosed, false);
      peer.connection.tick(now + waitMs + 500);
      peer.connection.tick(now + 2 * waitMs + 1_000);
      assert.match(peer.closed?.why ?? '', /not read/);
    }
  });
});
