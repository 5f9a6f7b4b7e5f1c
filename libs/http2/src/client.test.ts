/** Our client against the server of Node. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2, { type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ask, type Opened, openTold, requestBlock } from './testing/told.ts';
import { errorCodes } from './types.ts';

type Serve = (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

describe("our client asks Node's server, which", () => {
  const server = http2.createServer({ settings: { maxConcurrentStreams: 3 } });
  const served = new Map<string, Serve>();
  before(async () => {
    server.on('stream', (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      // What is reset is no fault here.
      stream.on('error', () => {});
      served.get(headers[':path'] ?? '')?.(stream, headers);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  const open = async (): Promise<Opened> => {
    const opened = openTold(connect((server.address() as AddressInfo).port, '127.0.0.1'));
    await opened.greeted;
    return opened;
  };

  it('answers with headers, data and trailers', async () => {
    served.set('/answer', (stream, headers) => {
      stream.respond({ ':status': 200, 'x-asked': headers['x-question'] ?? '' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end('hello');
    });
    const { connection } = await open();
    const { answer } = ask(connection, requestBlock('/answer', [['x-question', 'why']]));
    const { headers, body, trailers, end } = await answer;
    assert.deepEqual([headers?.get(':status'), headers?.get('x-asked')], ['200', 'why']);
    assert.deepEqual([body.toString(), trailers?.get('grpc-status')], ['hello', '0']);
    assert.deepEqual(end, { kind: 'done', code: errorCodes.NO_ERROR });
    connection.destroy();
  });

  it('is asked on another connection when the numbers of streams have run out, and answers the last call', async () => {
    served.set('/last', (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('last');
    });
    const { connection, goneAway, closed } = await open();
    // It would take 2^30 calls.
    (connection as unknown as { role: { nextId: number } }).role.nextId = 2 ** 31 - 1;
    const { answer } = ask(connection, requestBlock('/last'));
    assert.equal(connection.canRequest, false);
    assert.deepEqual(await goneAway, [errorCodes.NO_ERROR, 2 ** 31 - 1]);
    assert.equal((await answer).body.toString(), 'last');
    assert.equal(await closed, undefined);
  });

  it('echoes megabytes, on three streams at once', async () => {
    served.set('/echo', (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const { connection } = await open();
    const sent = Buffer.alloc(3_000_000, 'some bytes, again and again. ');
    const asked = [1, 2, 3].map(() => ask(connection, requestBlock('/echo'), false));
    for (const { stream } of asked) {
      for (let at = 0; at < sent.length; at += 70_000) stream.write(sent.subarray(at, at + 70_000));
      stream.end();
    }
    for (const { answer } of asked) assert.ok((await answer).body.equals(sent));
    connection.destroy();
  });

  it('allows three streams at once, and tells when there is room for another', async () => {
    const held: ServerHttp2Stream[] = [];
    const hasHeld = Promise.withResolvers<void>();
    served.set('/hold', (stream) => {
      if (held.push(stream) === 3) hasHeld.resolve();
    });
    const opened = await open();
    const { connection } = opened;
    const asked = [1, 2, 3].map(() => ask(connection, requestBlock('/hold')));
    assert.equal(connection.canRequest, false);
    assert.throws(() => ask(connection));
    await hasHeld.promise;
    const available = new Promise<void>((resolve) => {
      opened.onAvailable = resolve;
    });
    held[1]?.respond({ ':status': 200 }, { endStream: true });
    await available;
    assert.equal(connection.canRequest, true);
    assert.equal((await asked[1]?.answer)?.end.kind, 'done');
    connection.destroy();
    assert.equal((await asked[0]?.answer)?.end.kind, 'lost');
  });

  it('resets a stream', async () => {
    served.set('/reset', (stream) => stream.close(http2.constants.NGHTTP2_CANCEL));
    const { connection } = await open();
    assert.deepEqual((await ask(connection, requestBlock('/reset')).answer).end, {
      kind: 'reset',
      code: errorCodes.CANCEL,
    });
    connection.destroy();
  });

  it('sees a stream that is reset by us', async () => {
    const closed = Promise.withResolvers<number>();
    const came = Promise.withResolvers<void>();
    served.set('/cancel', (stream) => {
      stream.on('close', () => closed.resolve(stream.rstCode));
      came.resolve();
    });
    const { connection } = await open();
    const { stream, answer } = ask(connection, requestBlock('/cancel'), false);
    await came.promise;
    stream.reset(errorCodes.CANCEL);
    assert.deepEqual((await answer).end, { kind: 'own', code: errorCodes.CANCEL });
    assert.equal(await closed.promise, http2.constants.NGHTTP2_CANCEL);
    connection.destroy();
  });

  it('says something before its answer, which is passed over', async () => {
    served.set('/early', (stream) => {
      stream.additionalHeaders({ ':status': 103, link: 'x' });
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    const { connection } = await open();
    const { headers, end } = await ask(connection, requestBlock('/early')).answer;
    assert.deepEqual([headers?.get(':status'), end.kind], ['204', 'done']);
    connection.destroy();
  });

  it('sends no more to a stream that is paused than its window, and goes on when it is resumed', async () => {
    const all = 20_000_000;
    served.set('/much', (stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(all));
    });
    served.set('/small', (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    const { connection } = await open();
    let came = 0;
    const full = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const stream = connection.request(
      requestBlock('/much'),
      {
        headers: () => {},
        data(chunk) {
          came += chunk.length;
          if (came === 8 * 1024 * 1024) full.resolve();
        },
        end: () => {},
        close: () => closed.resolve(),
      },
      true,
    );
    stream.pause();
    await full.promise;
    // An answer on another stream comes after whatever the server would still have sent on this one.
    await ask(connection, requestBlock('/small')).answer;
    assert.equal(came, 8 * 1024 * 1024);
    stream.resume();
    await closed.promise;
    assert.equal(came, all);
    connection.destroy();
  });

  it('says goodbye: what it will not look at is refused, the rest is answered, and the connection ends', async () => {
    const streams: ServerHttp2Stream[] = [];
    const came = Promise.withResolvers<void>();
    served.set('/last', (stream) => {
      if (streams.push(stream) === 2) came.resolve();
    });
    const { connection, goneAway, closed } = await open();
    const first = ask(connection, requestBlock('/last'));
    const second = ask(connection, requestBlock('/last'));
    await came.promise;
    streams[0]?.session?.goaway(http2.constants.NGHTTP2_NO_ERROR, 1);
    assert.deepEqual(await goneAway, [errorCodes.NO_ERROR, 1]);
    assert.equal(connection.canRequest, false);
    assert.deepEqual((await second.answer).end, { kind: 'reset', code: errorCodes.REFUSED_STREAM });
    streams[0]?.respond({ ':status': 200 }, { endStream: true });
    assert.equal((await first.answer).end.kind, 'done');
    assert.equal(await closed, undefined);
  });

  it('answers a ping, and leaves', async () => {
    const sockets: Socket[] = [];
    server.on('connection', (socket: Socket) => sockets.push(socket));
    const { connection, closed } = await open();
    await connection.ping();
    const { answer } = ask(connection, requestBlock('/hold'));
    const lost = assert.rejects(connection.ping());
    sockets.at(-1)?.destroy();
    assert.equal((await answer).end.kind, 'lost');
    await lost;
    await closed;
    await assert.rejects(connection.ping());
    assert.equal(connection.canRequest, false);
  });
});
