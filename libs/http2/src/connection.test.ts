/** Frames that belong to no call, and header blocks: SETTINGS, PING, PRIORITY, HEADERS and CONTINUATION. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags, preface, settingIds } from './frame-types.ts';
import { createHeaderDecoder } from './hpack/decoder.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { dataFrame, frame, headersFrame, openRawPeer, requestFields, setting, uint32 } from './testing/raw-peer.ts';
import type { ServerStream } from './types.ts';

const ok = encodeHeaders([[':status', '200']]);
const answerAtOnce = (stream: ServerStream): undefined => {
  stream.respondOnly(ok);
};
const protocol = ['GOAWAY PROTOCOL_ERROR'];
const frameSize = ['GOAWAY FRAME_SIZE_ERROR'];

async function errorsOf(...frames: Uint8Array[]): Promise<string[]> {
  const peer = openRawPeer();
  peer.send(headersFrame(1), ...frames);
  await peer.settle();
  assert.equal(peer.closed !== undefined, peer.connection.isClosed);
  return peer.errors();
}

describe('the beginning', () => {
  it('is read wherever its chunks end', async () => {
    const hello = Buffer.concat([preface, frame('SETTINGS', 0, 0), headersFrame(1)]);
    for (let at = 1; at < hello.length; at++) {
      const peer = openRawPeer({ isPolite: false });
      peer.send(hello.subarray(0, at));
      await peer.settle();
      peer.send(hello.subarray(at));
      await peer.settle();
      assert.equal(peer.streams.length, 1, `split at ${at}`);
    }
  });

  it('has to be the preface, and SETTINGS', async () => {
    const wrong = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r'),
      Buffer.concat([preface, headersFrame(1)]),
      Buffer.concat([preface, frame('SETTINGS', flags.ACK, 0)]),
      Buffer.concat([preface, dataFrame(1, [1])]),
    ];
    for (const bytes of wrong) {
      const peer = openRawPeer({ isPolite: false });
      peer.send(bytes);
      await peer.settle();
      assert.deepEqual([peer.errors(), peer.hasEnded], [protocol, true]);
      assert.ok(peer.closed?.why);
    }
  });

  it('has to be acknowledged within ten seconds', async () => {
    const peer = openRawPeer({ isPolite: false });
    const now = performance.now();
    peer.send(preface, frame('SETTINGS', 0, 0));
    await peer.settle();
    peer.connection.tick(now + 9_000);
    assert.equal(peer.connection.isClosed, false);
    peer.connection.tick(now + 11_000);
    await peer.settle();
    assert.deepEqual(peer.errors(), ['GOAWAY SETTINGS_TIMEOUT']);
  });
});

describe('SETTINGS', () => {
  it('are acknowledged, unknown ones too', async () => {
    const peer = openRawPeer();
    await peer.settle();
    const before = peer.of('SETTINGS').length;
    peer.send(frame('SETTINGS', 0, 0, setting(0xee, 1)));
    await peer.settle();
    const [ack] = peer.of('SETTINGS').slice(before);
    assert.deepEqual([ack?.flags, ack?.payload.length], [flags.ACK, 0]);
  });

  it('have to fit their meaning', async () => {
    const values: readonly (readonly [id: number, value: number])[] = [
      [settingIds.ENABLE_PUSH, 2],
      [settingIds.MAX_FRAME_SIZE, 16_383],
      [settingIds.MAX_FRAME_SIZE, 2 ** 24],
    ];
    for (const [id, value] of values)
      assert.deepEqual(await errorsOf(frame('SETTINGS', 0, 0, setting(id, value))), protocol);
    assert.deepEqual(await errorsOf(frame('SETTINGS', 0, 0, [1, 2, 3])), frameSize);
    assert.deepEqual(await errorsOf(frame('SETTINGS', flags.ACK, 0, setting(1, 1))), frameSize);
  });

  it('that allow a smaller table are answered by an empty one, before the next header list', async () => {
    const peer = openRawPeer({ answer: answerAtOnce });
    peer.send(frame('SETTINGS', 0, 0, setting(settingIds.HEADER_TABLE_SIZE, 0)), headersFrame(1), headersFrame(3));
    await peer.settle();
    assert.deepEqual(
      peer.of('HEADERS').map(({ payload }) => [...payload]),
      [[0x20, 0x88], [0x88]],
    );
  });
});

describe('PING', () => {
  it('is answered with what it holds, an answer is not', async () => {
    const peer = openRawPeer();
    peer.send(frame('PING', 0, 0, Buffer.from('12345678')), frame('PING', flags.ACK, 0, Buffer.from('abcdefgh')));
    await peer.settle();
    assert.deepEqual(
      peer.of('PING').map((one) => [one.flags, String(one.payload)]),
      [[flags.ACK, '12345678']],
    );
  });

  it('of ours is told of once it is answered, or once the connection is over', async () => {
    const peer = openRawPeer();
    const told: string[] = [];
    peer.connection.pings.ask((isAnswered) => told.push(`first ${isAnswered}`));
    peer.connection.pings.ask((isAnswered) => told.push(`second ${isAnswered}`));
    await peer.settle();
    const [, second] = peer.of('PING');
    peer.send(frame('PING', flags.ACK, 0, second?.payload ?? []));
    await peer.settle();
    assert.deepEqual(told, ['second true']);
    peer.socket.destroy();
    await peer.settle();
    assert.deepEqual(told, ['second true', 'first false']);
  });
});

describe('frames of a wrong size', () => {
  it('end the connection, or the stream of a PRIORITY', async () => {
    const wrong = [
      frame('PING', 0, 0, Buffer.alloc(7)),
      frame('RST_STREAM', 0, 1, Buffer.alloc(3)),
      frame('WINDOW_UPDATE', 0, 1, Buffer.alloc(5)),
      frame('WINDOW_UPDATE', 0, 0, Buffer.alloc(3)),
      frame('GOAWAY', 0, 0, Buffer.alloc(7)),
      frame('HEADERS', flags.END_HEADERS | flags.PRIORITY, 3, Buffer.alloc(4)),
      frame('HEADERS', flags.END_HEADERS | flags.PADDED, 3, []),
      frame('DATA', flags.PADDED, 1, []),
    ];
    for (const bytes of wrong) assert.deepEqual(await errorsOf(bytes), frameSize, bytes.toString('hex'));
    assert.deepEqual(await errorsOf(frame('PRIORITY', 0, 1, Buffer.alloc(4))), ['RST_STREAM 1 FRAME_SIZE_ERROR']);
  });

  it('end the connection where they are padded beyond their length', async () => {
    assert.deepEqual(await errorsOf(frame('HEADERS', flags.END_HEADERS | flags.PADDED, 3, [1])), protocol);
    assert.deepEqual(await errorsOf(frame('DATA', flags.PADDED, 1, [1])), protocol);
  });
});

describe('priorities', () => {
  it('mean nothing, and may not be of themselves', async () => {
    const { bytes } = encodeHeaders(requestFields);
    const withPriority = (id: number, of: number): Buffer =>
      frame('HEADERS', flags.END_HEADERS | flags.PRIORITY, id, Buffer.concat([uint32(of), Buffer.of(1), bytes]));
    assert.deepEqual(await errorsOf(withPriority(3, 1)), []);
    assert.deepEqual(await errorsOf(withPriority(3, 3)), ['RST_STREAM 3 PROTOCOL_ERROR']);
    const of1 = [...uint32(1), 1];
    assert.deepEqual(await errorsOf(frame('PRIORITY', 0, 1, of1)), ['RST_STREAM 1 PROTOCOL_ERROR']);
  });
});

describe('header blocks', () => {
  const { bytes } = encodeHeaders(requestFields);

  it('may come in many frames, padded', async () => {
    const peer = openRawPeer();
    const first = Buffer.concat([Buffer.of(2), bytes.subarray(0, 3), Buffer.alloc(2)]);
    peer.send(
      frame('HEADERS', flags.PADDED | flags.END_STREAM, 1, first),
      frame('CONTINUATION', 0, 1, bytes.subarray(3, 9)),
      frame('CONTINUATION', 0, 1, []),
      frame('CONTINUATION', flags.END_HEADERS, 1, bytes.subarray(9)),
    );
    await peer.settle();
    assert.deepEqual(peer.streams[0]?.stream.headers.fields, requestFields);
    assert.equal(peer.streams[0]?.ends, 1);
  });

  it('are not interrupted', async () => {
    const part = frame('HEADERS', 0, 3, bytes);
    assert.deepEqual(await errorsOf(part, frame('PING', 0, 0, Buffer.alloc(8))), protocol);
    assert.deepEqual(await errorsOf(part, dataFrame(1, [1])), protocol);
    assert.deepEqual(await errorsOf(part, frame('CONTINUATION', flags.END_HEADERS, 1, [])), protocol);
    assert.deepEqual(await errorsOf(part, frame(0xee, 0, 0, [])), protocol);
    assert.deepEqual(await errorsOf(frame('CONTINUATION', flags.END_HEADERS, 1, [])), protocol);
  });

  it('that cannot be decoded end the connection', async () => {
    assert.deepEqual(await errorsOf(frame('HEADERS', flags.END_HEADERS, 3, [0x80])), ['GOAWAY COMPRESSION_ERROR']);
  });

  it('reset their stream where the list is too large, and the table stays right', async () => {
    const peer = openRawPeer({ headerListBytesMax: 1_000 });
    const large = encodeHeaders([...requestFields, ['x', 'a'.repeat(1_000)]]).bytes;
    // `y: 1` goes into the table after the list has become too large, and the next call names it by its place there.
    const added = Buffer.of(0x40, 1, 0x79, 1, 0x31);
    peer.send(frame('HEADERS', flags.END_HEADERS, 1, Buffer.concat([large, added])));
    peer.send(frame('HEADERS', flags.END_HEADERS, 3, Buffer.concat([bytes, Buffer.of(0xbe)])));
    await peer.settle();
    assert.deepEqual(peer.errors(), ['RST_STREAM 1 ENHANCE_YOUR_CALM']);
    assert.equal(peer.streams[0]?.stream.headers.get('y'), '1');
  });

  it('of ours go in as many frames as they need', async () => {
    const long = encodeHeaders([
      [':status', '200'],
      ['x', '\xff'.repeat(40_000)],
    ]);
    const peer = openRawPeer({
      answer(stream) {
        stream.respond(long);
        return undefined;
      },
    });
    peer.send(headersFrame(1));
    await peer.settle();
    const parts = peer.seen.filter(({ id }) => id === 1);
    assert.deepEqual(
      parts.map(({ type }) => type),
      ['HEADERS', 'CONTINUATION', 'CONTINUATION'],
    );
    assert.equal(parts.at(-1)?.flags, flags.END_HEADERS);
    const list = createHeaderDecoder().decode(Buffer.concat(parts.map(({ payload }) => payload)));
    assert.equal(list?.get('x')?.length, 40_000);
  });
});
