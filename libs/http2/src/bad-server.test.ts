/** What a server may not do to our client. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameTypes, settingIds } from './frame-types.ts';
import { encodeHeaders } from './hpack/encoder.ts';
import { frame, openRawServer, type RawServer, settingsFrame, uint32 } from './testing/raw-server.ts';
import { ask, openTold } from './testing/told.ts';
import { type ErrorCode, errorCodes, type Field } from './types.ts';

const endStream = 1;
const endHeaders = 4;

const headersFrame = (id: number, fields: readonly Field[], isLast = true): Buffer =>
  frame(frameTypes.HEADERS, endHeaders | (isLast ? endStream : 0), id, encodeHeaders(fields).bytes);
const answer = (id: number): Buffer => headersFrame(id, [[':status', '200']]);
const dataFrame = (id: number, bytes: number, isLast = false): Buffer =>
  frame(frameTypes.DATA, isLast ? endStream : 0, id, Buffer.alloc(bytes));

/** The code of the GOAWAY that a client ends with; one that answers the server's says nothing yet. */
async function goodbyeOf(server: RawServer): Promise<number> {
  for (;;) {
    const code = (await server.next(frameTypes.GOAWAY)).payload.readUInt32BE(4);
    if (code !== errorCodes.NO_ERROR) return code;
  }
}

/** 1 KiB in a field that is added to the table, and then named again and again. */
function bomb(id: number): Buffer {
  const field = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0x81, 0x07]), Buffer.alloc(1024, 0x79)]);
  const block = Buffer.concat([Buffer.from([0x88]), field, Buffer.alloc(10_000, 0xbe)]);
  return frame(frameTypes.HEADERS, endHeaders | endStream, id, block);
}

describe('a server that', () => {
  /** Each ends its connection, with this code. */
  const deadly: readonly (readonly [string, ErrorCode, () => Buffer[]])[] = [
    ['floods with SETTINGS', errorCodes.ENHANCE_YOUR_CALM, () => Array.from({ length: 200 }, () => settingsFrame())],
    [
      'floods with PING',
      errorCodes.ENHANCE_YOUR_CALM,
      () => Array.from({ length: 5_000 }, () => frame(frameTypes.PING, 0, 0, Buffer.alloc(8))),
    ],
    [
      'floods with WINDOW_UPDATE',
      errorCodes.ENHANCE_YOUR_CALM,
      () => Array.from({ length: 20_000 }, () => frame(frameTypes.WINDOW_UPDATE, 0, 0, uint32(1))),
    ],
    [
      'never ends to say that it will answer',
      errorCodes.ENHANCE_YOUR_CALM,
      () => Array.from({ length: 2_000 }, () => headersFrame(1, [[':status', '103']], false)),
    ],
    [
      'floods with empty DATA',
      errorCodes.ENHANCE_YOUR_CALM,
      () => [headersFrame(1, [[':status', '200']], false), ...Array.from({ length: 2_000 }, () => dataFrame(1, 0))],
    ],
    [
      'floods with CONTINUATION',
      errorCodes.ENHANCE_YOUR_CALM,
      () => [
        frame(frameTypes.HEADERS, 0, 1, Buffer.of(0x88)),
        ...Array.from({ length: 100 }, () => frame(frameTypes.CONTINUATION, 0, 1, Buffer.alloc(0))),
      ],
    ],
    [
      'pushes',
      errorCodes.PROTOCOL_ERROR,
      () => [frame(frameTypes.PUSH_PROMISE, endHeaders, 1, Buffer.concat([uint32(2), Buffer.of(0x82)]))],
    ],
    ['opens a stream', errorCodes.PROTOCOL_ERROR, () => [answer(2)]],
    ['answers what was not asked', errorCodes.PROTOCOL_ERROR, () => [answer(7)]],
    ['sends DATA to what was not asked', errorCodes.PROTOCOL_ERROR, () => [dataFrame(7, 1)]],
    [
      'sends headers that cannot be read',
      errorCodes.COMPRESSION_ERROR,
      () => [frame(frameTypes.HEADERS, endHeaders, 1, Buffer.of(0xff, 0xff))],
    ],
    [
      'sends more than the windows allow',
      errorCodes.FLOW_CONTROL_ERROR,
      () => [headersFrame(1, [[':status', '200']], false), ...Array.from({ length: 9 }, () => dataFrame(1, 16_384))],
    ],
    [
      'widens a window too far',
      errorCodes.FLOW_CONTROL_ERROR,
      () => [frame(frameTypes.WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))],
    ],
    ['wants pushes', errorCodes.PROTOCOL_ERROR, () => [settingsFrame([settingIds.ENABLE_PUSH, 1])]],
    [
      'takes its goodbye back',
      errorCodes.PROTOCOL_ERROR,
      () => [frame(frameTypes.GOAWAY, 0, 0, uint32(1, 0)), frame(frameTypes.GOAWAY, 0, 0, uint32(3, 0))],
    ],
  ];
  for (const [what, code, frames] of deadly)
    it(`${what} is left`, async () => {
      await using server = await openRawServer();
      const options = { connectionWindowBytes: 65_535, streamWindowBytes: 1_000_000, heldBytesMax: 0 };
      const { connection, greeted, closed } = openTold(server.socket, options);
      await greeted;
      const asked = ask(connection);
      const paused = asked.stream;
      paused.pause();
      server.send(...frames());
      assert.equal(await goodbyeOf(server), code);
      assert.equal((await asked.answer).end.kind, 'lost');
      assert.equal(typeof (await closed), 'string');
    });

  /** Each costs the stream that it is done to, and no other. */
  const wrong: readonly (readonly [string, ErrorCode, () => Buffer[]])[] = [
    ['sends a header bomb', errorCodes.ENHANCE_YOUR_CALM, () => [bomb(1)]],
    ['sends DATA before headers', errorCodes.PROTOCOL_ERROR, () => [dataFrame(1, 5)]],
    ['ends before headers', errorCodes.PROTOCOL_ERROR, () => [dataFrame(1, 0, true)]],
    ['answers without a status', errorCodes.PROTOCOL_ERROR, () => [headersFrame(1, [['a', 'b']])]],
    [
      'answers with names in upper case',
      errorCodes.PROTOCOL_ERROR,
      () => [
        headersFrame(1, [
          [':status', '200'],
          ['A', 'b'],
        ]),
      ],
    ],
    ['ends with what is no answer yet', errorCodes.PROTOCOL_ERROR, () => [headersFrame(1, [[':status', '103']])]],
    [
      'has pseudo-header fields in its trailers',
      errorCodes.PROTOCOL_ERROR,
      () => [headersFrame(1, [[':status', '200']], false), headersFrame(1, [[':status', '200']])],
    ],
    [
      'goes on after its trailers should be',
      errorCodes.PROTOCOL_ERROR,
      () => [headersFrame(1, [[':status', '200']], false), headersFrame(1, [['a', 'b']], false)],
    ],
    [
      'sends less than it said',
      errorCodes.PROTOCOL_ERROR,
      () => [
        headersFrame(
          1,
          [
            [':status', '200'],
            ['content-length', '9'],
          ],
          false,
        ),
        dataFrame(1, 5, true),
      ],
    ],
    [
      'sends more than it said',
      errorCodes.PROTOCOL_ERROR,
      () => [
        headersFrame(
          1,
          [
            [':status', '200'],
            ['content-length', '4'],
          ],
          false,
        ),
        dataFrame(1, 5),
      ],
    ],
    [
      'widens the window of a stream by nothing',
      errorCodes.PROTOCOL_ERROR,
      () => [frame(frameTypes.WINDOW_UPDATE, 0, 1, uint32(0))],
    ],
  ];
  for (const [what, code, frames] of wrong)
    it(`${what} loses the stream, and answers the next`, async () => {
      await using server = await openRawServer();
      const { connection, greeted } = openTold(server.socket);
      await greeted;
      const asked = ask(connection);
      server.send(...frames());
      assert.deepEqual((await asked.answer).end, { kind: 'own', code });
      const reset = await server.next(frameTypes.RST_STREAM);
      assert.deepEqual([reset.id, reset.payload.readUInt32BE(0)], [1, code]);
      const next = ask(connection);
      server.send(answer(3));
      assert.equal((await next.answer).end.kind, 'done');
      connection.destroy();
    });

  it('gives no window gets no more than that, until the call is left', async () => {
    await using server = await openRawServer(settingsFrame([settingIds.INITIAL_WINDOW_SIZE, 0]));
    const { connection, greeted } = openTold(server.socket);
    await greeted;
    const { stream, answer: answered } = ask(connection, undefined, false);
    stream.write(Buffer.alloc(100_000));
    server.send(frame(frameTypes.WINDOW_UPDATE, 0, 1, uint32(10)));
    const { payload } = await server.next(frameTypes.DATA);
    assert.deepEqual([payload.length, stream.unsentBytes], [10, 99_990]);
    stream.reset(errorCodes.CANCEL);
    assert.equal((await answered).end.kind, 'own');
    assert.equal(stream.unsentBytes, 0);
    connection.destroy();
  });

  it('allows no streams is asked nothing, until it allows some', async () => {
    await using server = await openRawServer(settingsFrame([settingIds.MAX_CONCURRENT_STREAMS, 0]));
    const opened = openTold(server.socket);
    await opened.greeted;
    assert.equal(opened.connection.canRequest, false);
    const available = new Promise<void>((resolve) => {
      opened.onAvailable = resolve;
    });
    server.send(settingsFrame([settingIds.MAX_CONCURRENT_STREAMS, 1]));
    await available;
    const { answer: answered } = ask(opened.connection);
    server.send(answer(1));
    assert.equal((await answered).end.kind, 'done');
    opened.connection.destroy();
  });

  it('answers what was reset meanwhile is borne', async () => {
    await using server = await openRawServer();
    const { connection, greeted } = openTold(server.socket);
    await greeted;
    const { stream } = ask(connection, undefined, false);
    stream.reset(errorCodes.CANCEL);
    server.send(
      headersFrame(1, [[':status', '200']], false),
      dataFrame(1, 100),
      headersFrame(1, [['grpc-status', '0']]),
    );
    const next = ask(connection);
    server.send(answer(3));
    assert.equal((await next.answer).end.kind, 'done');
    connection.destroy();
  });
});
