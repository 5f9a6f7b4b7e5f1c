/** Frames by states of their streams (RFC 9113, 5.1): those that may come, and the answers to those that may not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeHeaders } from './hpack/encoder.ts';
import { limits } from './limits.ts';
import { dataFrame, frame, headersFrame, openRawPeer, type RawPeer, uint32 } from './testing/raw-peer.ts';
import { errorCodes, type HeaderBlock, type ServerStream } from './types.ts';

const ok: HeaderBlock = encodeHeaders([[':status', '200']]);

/** Frames that bring stream 3 there; a handler may answer it. */
interface State {
  readonly frames: readonly Buffer[];
  readonly answer?: (stream: ServerStream) => void;
}

const end = (stream: ServerStream): void => stream.respondOnly(ok);
const states: Readonly<Record<string, State>> = {
  idle: { frames: [] },
  open: { frames: [headersFrame(3)] },
  'half-closed (remote)': { frames: [headersFrame(3, { isLast: true })] },
  'half-closed (local)': { frames: [headersFrame(3)], answer: end },
  closed: { frames: [headersFrame(3, { isLast: true })], answer: end },
  'reset by us': { frames: [headersFrame(3)], answer: (stream) => stream.reset(errorCodes.CANCEL) },
  'reset by the peer': { frames: [headersFrame(3), frame('RST_STREAM', 0, 3, uint32(errorCodes.CANCEL))] },
  'passed over': { frames: [headersFrame(5)] },
};

const trailers = headersFrame(3, { isLast: true, fields: [['checksum', '1']] });
const frames = {
  DATA: dataFrame(3, [1]),
  HEADERS: trailers,
  PRIORITY: frame('PRIORITY', 0, 3, [0, 0, 0, 1, 16]),
  RST_STREAM: frame('RST_STREAM', 0, 3, uint32(errorCodes.CANCEL)),
  WINDOW_UPDATE: frame('WINDOW_UPDATE', 0, 3, uint32(1)),
  CONTINUATION: frame('CONTINUATION', 4, 3, []),
  PUSH_PROMISE: frame('PUSH_PROMISE', 4, 3, uint32(2)),
};
type Name = keyof typeof frames;

const protocol = 'GOAWAY PROTOCOL_ERROR';
const closedStream = 'RST_STREAM 3 STREAM_CLOSED';
const closedConnection = 'GOAWAY STREAM_CLOSED';
/** Nothing said. */
const fine = '';

/** CONTINUATION and PUSH_PROMISE are errors of the connection in every state. HEADERS are trailers, which an idle stream takes for a malformed call. */
const wanted: Readonly<Record<string, Readonly<Partial<Record<Name, string>>>>> = {
  idle: {
    DATA: protocol,
    HEADERS: 'RST_STREAM 3 PROTOCOL_ERROR',
    PRIORITY: fine,
    RST_STREAM: protocol,
    WINDOW_UPDATE: protocol,
  },
  open: { DATA: fine, HEADERS: fine, PRIORITY: fine, RST_STREAM: fine, WINDOW_UPDATE: fine },
  'half-closed (remote)': {
    DATA: closedStream,
    HEADERS: closedStream,
    PRIORITY: fine,
    RST_STREAM: fine,
    WINDOW_UPDATE: fine,
  },
  'half-closed (local)': { DATA: fine, HEADERS: fine, PRIORITY: fine, RST_STREAM: fine, WINDOW_UPDATE: fine },
  closed: {
    DATA: closedConnection,
    HEADERS: closedConnection,
    PRIORITY: fine,
    RST_STREAM: fine,
    WINDOW_UPDATE: fine,
  },
  'reset by us': { DATA: fine, HEADERS: fine, PRIORITY: fine, RST_STREAM: fine, WINDOW_UPDATE: fine },
  'reset by the peer': {
    DATA: closedStream,
    HEADERS: closedStream,
    PRIORITY: fine,
    RST_STREAM: fine,
    WINDOW_UPDATE: fine,
  },
  'passed over': { DATA: protocol, HEADERS: protocol, PRIORITY: fine, RST_STREAM: fine, WINDOW_UPDATE: fine },
};

async function inState({ frames: before, answer }: State): Promise<RawPeer> {
  const peer = openRawPeer({
    answer(stream) {
      answer?.(stream);
      return undefined;
    },
  });
  peer.send(...before);
  await peer.settle();
  peer.seen.length = 0;
  return peer;
}

for (const [state, how] of Object.entries(states))
  describe(`a stream that is ${state}`, () => {
    for (const [name, bytes] of Object.entries(frames)) {
      const want = wanted[state]?.[name as Name] ?? protocol;
      it(`answers ${name} with ${want || 'no error'}`, async () => {
        const peer = await inState(how);
        peer.send(bytes);
        await peer.settle();
        assert.deepEqual(peer.errors(), want === fine ? [] : [want]);
        assert.equal(peer.connection.isClosed, want.startsWith('GOAWAY'));
        // A stream that is reset leaves the connection to the others.
        if (peer.connection.isClosed) return;
        peer.send(headersFrame(7));
        await peer.settle();
        assert.equal(peer.streams.at(-1)?.stream.id, 7);
      });
    }
  });

describe('numbers of streams', () => {
  it('are odd where a client opens them', async () => {
    const peer = await inState({ frames: [] });
    peer.send(headersFrame(2));
    await peer.settle();
    assert.deepEqual(peer.errors(), [protocol]);
  });

  it('are never 0 for frames of streams, nor any other for those of the connection', async () => {
    const wrong = [
      dataFrame(0, [1]),
      headersFrame(0),
      frame('PRIORITY', 0, 0, [0, 0, 0, 1, 16]),
      frame('RST_STREAM', 0, 0, uint32(0)),
      frame('CONTINUATION', 4, 0),
      frame('SETTINGS', 0, 1),
      frame('PING', 0, 1, Buffer.alloc(8)),
      frame('GOAWAY', 0, 1, Buffer.alloc(8)),
    ];
    for (const bytes of wrong) {
      const peer = await inState({ frames: [] });
      peer.send(bytes);
      await peer.settle();
      assert.deepEqual(peer.errors(), [protocol], bytes.toString('hex'));
    }
  });
});

describe('more resets of ours than are remembered', () => {
  it('make no error of what was on its way', async () => {
    const peer = openRawPeer({ answer: (stream) => stream.reset(errorCodes.CANCEL) as undefined });
    const ids = Array.from({ length: limits.closedStreamsMax + 10 }, (_, n) => 2 * n + 1);
    peer.send(...ids.map((id) => headersFrame(id)));
    await peer.settle();
    peer.send(dataFrame(1, [1]), headersFrame(3, { isLast: true, fields: [['checksum', '1']] }));
    await peer.settle();
    assert.equal(peer.streams.length, ids.length);
    assert.deepEqual([peer.errors().filter((error) => error.startsWith('GOAWAY')), peer.closed], [[], undefined]);
  });
});
