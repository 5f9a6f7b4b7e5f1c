/** Node's client as the other side. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeHeaders } from './hpack/encoder.ts';
import { echo, okHeaders, okTrailers, openTestServer, type TestServer } from './testing/echo-server.ts';

const request = { ':method': 'POST', ':path': '/a.Service/Method', 'content-type': 'application/grpc', te: 'trailers' };

interface Answer {
  readonly status: unknown;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly code: number | undefined;
}

async function collect(stream: ClientHttp2Stream): Promise<Answer> {
  const parts: Buffer[] = [];
  let status: unknown;
  let trailers: IncomingHttpHeaders | undefined;
  stream.on('response', (headers) => {
    status = headers[':status'];
  });
  stream.on('trailers', (headers) => {
    trailers = headers;
  });
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('error', () => {});
  await new Promise((resolve) => stream.once('close', resolve));
  return { status, body: Buffer.concat(parts), trailers, code: stream.rstCode };
}

async function withClient(
  server: TestServer,
  use: (client: ClientHttp2Session) => Promise<void>,
  options = {},
): Promise<void> {
  const client = connect(`http://127.0.0.1:${server.port}`, { maxSessionMemory: 1_000, ...options });
  client.on('error', () => {});
  try {
    await use(client);
  } finally {
    client.destroy();
  }
}

function call(client: ClientHttp2Session, body: Buffer): Promise<Answer> {
  const stream = client.request(request);
  stream.end(body);
  return collect(stream);
}

/** Bytes whose place can be told from them. */
const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => at % 251));

/** Waits for something that no event tells of. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

describe('a server, asked by node:http2', () => {
  it('answers with headers, message and trailers', async () => {
    await using server = await openTestServer();
    await withClient(server, async (client) => {
      const { status, body, trailers, code } = await call(client, Buffer.from('hello'));
      assert.deepEqual([status, String(body), trailers?.['grpc-status'], code], [200, 'hello', '0', 0]);
    });
    const [seen] = server.calls;
    assert.equal(seen?.headers.get(':path'), '/a.Service/Method');
    assert.deepEqual(seen?.end, { kind: 'done', code: 0 });
  });

  it('answers 10,000 calls on one connection, a hundred at a time', async () => {
    await using server = await openTestServer();
    await withClient(server, async (client) => {
      let right = 0;
      let left = 10_000;
      const lane = async (): Promise<void> => {
        while (left-- > 0) if ((await call(client, Buffer.from('hello'))).body.equals(Buffer.from('hello'))) right++;
      };
      await Promise.all(Array.from({ length: 100 }, lane));
      assert.equal(right, 10_000);
    });
    assert.equal(server.connections[0]?.openStreams, 0);
    assert.deepEqual(server.failures, []);
  });

  it('moves large messages both ways, many at once, byte for byte', async () => {
    await using server = await openTestServer();
    const body = pattern(3_000_001);
    await withClient(server, async (client) => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => call(client, body)));
      for (const answer of answers) assert.ok(answer.body.equals(body));
    });
  });

  it('sends what is too large for the windows as they allow, and tells when it has gone', async () => {
    let drains = 0;
    const body = pattern(5_000_000);
    await using server = await openTestServer((stream) => ({
      data() {},
      end() {
        stream.respond(okHeaders);
        stream.write(body);
        assert.equal(stream.unsentBytes, body.length);
      },
      drain() {
        drains++;
        stream.end(okTrailers);
      },
      close() {},
    }));
    await withClient(server, async (client) => {
      const answer = await call(client, Buffer.alloc(0));
      assert.ok(answer.body.equals(body));
      assert.equal(answer.trailers?.['grpc-status'], '0');
    });
    assert.equal(drains, 1);
  });

  it('ends a stream without trailers by its last DATA, and one without a body by its headers', async () => {
    const refusal = encodeHeaders([
      [':status', '200'],
      ['grpc-status', '12'],
    ]);
    await using server = await openTestServer((stream) => ({
      data() {},
      end() {
        if (stream.headers.get(':path') === '/refused') return stream.respondOnly(refusal);
        stream.respond(okHeaders);
        stream.write(pattern(100_000));
        stream.end();
      },
      close() {},
    }));
    await withClient(server, async (client) => {
      const { body, trailers } = await call(client, Buffer.alloc(0));
      assert.deepEqual([body.length, trailers], [100_000, undefined]);
      const stream = client.request({ ...request, ':path': '/refused' }, { endStream: true });
      const [headers, flags] = (await once(stream, 'response')) as [IncomingHttpHeaders, number];
      assert.equal(headers['grpc-status'], '12');
      assert.equal(flags & constants.NGHTTP2_FLAG_END_STREAM, constants.NGHTTP2_FLAG_END_STREAM);
    });
  });

  it('tells of the trailers of a request', async () => {
    await using server = await openTestServer();
    await withClient(server, async (client) => {
      const stream = client.request(request, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ checksum: '17' }));
      stream.end('hello');
      await collect(stream);
    });
    assert.equal(server.calls[0]?.trailers?.get('checksum'), '17');
  });

  it('tells of a reset by the client, and resets with the code that it is given', async () => {
    await using server = await openTestServer((stream) => {
      if (stream.headers.get(':path') === '/reset') stream.reset(8);
      return { data() {}, end() {}, close() {} };
    });
    await withClient(server, async (client) => {
      const mine = client.request(request);
      mine.on('error', () => {});
      await until(() => server.calls.length === 1);
      mine.close(constants.NGHTTP2_CANCEL);
      await until(() => server.calls[0]?.end !== undefined);
      assert.deepEqual(server.calls[0]?.end, { kind: 'reset', code: 8 });
      const theirs = await collect(client.request({ ...request, ':path': '/reset' }));
      assert.equal(theirs.code, constants.NGHTTP2_CANCEL);
      assert.deepEqual(server.calls[1]?.end, { kind: 'own', code: 8 });
    });
  });

  it('resets the stream of a handler that throws, and goes on with the others', async () => {
    await using server = await openTestServer((stream) => {
      if (stream.headers.get(':path') !== '/broken') return echo(stream);
      throw new Error('broken');
    });
    await withClient(server, async (client) => {
      const broken = await collect(client.request({ ...request, ':path': '/broken' }));
      assert.equal(broken.code, constants.NGHTTP2_INTERNAL_ERROR);
      assert.equal(String((await call(client, Buffer.from('hello'))).body), 'hello');
    });
    assert.equal((server.failures[0] as Error).message, 'broken');
  });

  it('gives a stream that is paused no more than its window, and the others theirs', async () => {
    await using server = await openTestServer(
      (stream) => {
        if (stream.headers.get(':path') === '/paused') stream.pause();
        return echo(stream);
      },
      { streamWindowBytes: 100_000, connectionWindowBytes: 300_000 },
    );
    const body = pattern(1_000_000);
    await withClient(server, async (client) => {
      const paused = client.request({ ...request, ':path': '/paused' });
      paused.end(body);
      const answer = collect(paused);
      await until(() => server.calls[0]?.bytes === 100_000);
      assert.ok((await call(client, body)).body.equals(body));
      assert.equal(server.calls[0]?.bytes, 100_000);
      server.calls[0]?.stream.resume();
      assert.ok((await answer).body.equals(body));
    });
  });

  it('lets small answers pass while a large one is not read', async () => {
    const large = pattern(4_000_000);
    await using server = await openTestServer((stream) => {
      if (stream.headers.get(':path') !== '/large') return echo(stream);
      stream.respond(okHeaders);
      stream.write(large);
      stream.end(okTrailers);
      return { data() {}, end() {}, close() {} };
    });
    await withClient(server, async (client) => {
      const slow = client.request({ ...request, ':path': '/large' });
      slow.end();
      await once(slow, 'response');
      for (let i = 0; i < 10; i++) assert.equal(String((await call(client, Buffer.from('hello'))).body), 'hello');
      assert.ok((server.calls[0]?.stream.unsentBytes ?? 0) > 0);
      assert.ok((await collect(slow)).body.equals(large));
    });
  });

  it('says goodbye, answers what is open, and ends with the last of it', async () => {
    await using server = await openTestServer();
    await withClient(server, async (client) => {
      const open = client.request(request);
      await once(open, 'response');
      const goaway = once(client, 'goaway');
      server.connections[0]?.goAway();
      await goaway;
      open.end('hello');
      assert.equal(String((await collect(open)).body), 'hello');
      await until(() => client.destroyed);
    });
    assert.equal(server.calls[0]?.end?.kind, 'done');
    assert.deepEqual(server.closed, [undefined]);
  });

  it('tells every stream when the connection is lost', async () => {
    await using server = await openTestServer();
    await withClient(server, async (client) => {
      const streams = [client.request(request), client.request(request)];
      for (const stream of streams) stream.on('error', () => {});
      await until(() => server.calls.length === 2);
      server.connections[0]?.socket.destroy();
      await until(() => server.closed.length === 1);
    });
    assert.deepEqual(
      server.calls.map(({ end }) => end?.kind),
      ['lost', 'lost'],
    );
  });

  it('ends one that speaks HTTP/1.1 at once', async () => {
    await using server = await openTestServer();
    const answer = await fetch(`http://127.0.0.1:${server.port}/`).catch((error: Error) => error);
    assert.ok(answer instanceof Error);
    assert.match(server.closed[0] ?? '', /preface/);
  });
});
