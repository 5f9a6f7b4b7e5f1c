/** What streams that last may make a server keep: how many, and of what they say. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defaultLimits } from '@sheaf/inference';
import protobuf from 'protobufjs';
import { readRpcStatus } from '../../rpc-status.ts';
import { served, until } from '../../testing/fake-model.ts';
import { createServer, type Server } from '../server.ts';

const watchPath = '/grpc.health.v1.Health/Watch';
const reflectionPath = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

function frameOf(field: number, text: string): Buffer {
  const message = protobuf.Writer.create()
    .uint32((field << 3) | 2)
    .string(text)
    .finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
const proxyAddress = '127.0.0.9';

/** What does not come fails the test. */
const inTime = () => ({ signal: AbortSignal.timeout(10_000) });
const named = (name: string): Buffer => frameOf(1, name);
const asked = (symbol: string): Buffer => frameOf(4, symbol);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Of what is in use; long texts lie beside the heap. */
function heapMiB(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

describe('streams that last', () => {
  let server: Server;
  const sessions: ClientHttp2Session[] = [];
  beforeEach(async () => {
    // As many as two for each connection that there may be, so 130 in all.
    const options = { name: 'server', host: '127.0.0.1', port: 0, limits: defaultLimits };
    server = await createServer(
      { ...options, connections: { connectionsMax: 65, trustedProxies: [proxyAddress] } },
      served,
    );
    server.open();
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.destroy();
    await server.close(1_000);
  });

  function client(localAddress = '127.0.0.1'): ClientHttp2Session {
    const at = { port: server.port, host: '127.0.0.1', localAddress };
    const session = connect(`http://127.0.0.1:${server.port}`, { createConnection: () => connectSocket(at) });
    sessions.push(session);
    return session;
  }
  function open(session: ClientHttp2Session, path: string, more: Record<string, string> = {}): ClientHttp2Stream {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...more });
    return stream.on('error', () => {});
  }
  const watch = (session: ClientHttp2Session, name: string): ClientHttp2Stream =>
    open(session, watchPath).end(named(name));
  /** What the first headers say: a refusal has its status there. */
  async function told(stream: ClientHttp2Stream): Promise<string> {
    const [headers] = (await once(stream.resume(), 'response', inTime())) as [IncomingHttpHeaders];
    return messageOf(headers);
  }
  function messageOf(headers: IncomingHttpHeaders): string {
    const details = headers['grpc-status-details-bin'];
    if (details === undefined) return `status ${headers['grpc-status'] ?? 'none'}`;
    const { code, message } = readRpcStatus(Buffer.from(String(details), 'base64'));
    return `${code}: ${message}`;
  }

  it('are two for each connection in all, half of them of one address, and one that ends makes room', async () => {
    const one = client();
    const watches = Array.from({ length: 65 }, () => watch(one, ''));
    for (const stream of watches) assert.equal(await told(stream), 'status none');
    const ofOne = '8: streams that stay open, such as watches: want at most 65 from one address';
    assert.equal(await told(open(one, reflectionPath)), ofOne);
    const again = client();
    assert.equal(await told(watch(again, '')), ofOne);
    const two = client('127.0.0.2');
    for (let at = 0; at < 65; at++) assert.equal(await told(watch(two, '')), 'status none');
    const three = client('127.0.0.3');
    assert.equal(
      await told(watch(three, '')),
      '8: streams that stay open, such as watches: the server has 130, and takes no more',
    );
    const [first] = watches;
    first?.close();
    await new Promise((resolve) => one.ping(resolve));
    assert.equal(await told(watch(one, '')), 'status none');
  });

  it('of a trusted proxy are counted by whom it asks for', async () => {
    const proxy = client(proxyAddress);
    const watchFor = (caller: string): ClientHttp2Stream =>
      open(proxy, watchPath, { 'x-forwarded-for': caller }).end(named(''));
    for (let at = 0; at < 65; at++) assert.equal(await told(watchFor('2001:db8::1')), 'status none');
    assert.match(await told(watchFor('2001:db8::2')), /want at most 65 from one address$/);
    assert.equal(await told(watchFor('198.51.100.1')), 'status none');
  });

  it('of a trusted proxy that does not say whom it asks for are counted only in all', async () => {
    const silent = client(proxyAddress);
    for (let at = 0; at < 130; at++) assert.equal(await told(watch(silent, '')), 'status none');
    assert.match(await told(watch(silent, '')), /the server has 130, and takes no more$/);
  });

  it('and checks are told that a name is too long to be one, and nothing is kept of it', async () => {
    const session = client();
    const longest = 'x'.repeat(defaultLimits.nameCharsMax);
    for (const path of [watchPath, '/grpc.health.v1.Health/Check']) {
      const refused = await told(open(session, path).end(named(`${longest}x`)));
      assert.equal(refused, '3: service: want at most 128 characters, got 129');
    }
    assert.equal(await told(watch(session, longest)), 'status none');
    const unknown = await told(open(session, '/grpc.health.v1.Health/Check').end(named(longest)));
    assert.equal(unknown, `5: Health status unknown for service ${longest}`);
    session.destroy();
  });

  it('that were refused leave nothing of their names, while their connection lives', async () => {
    const session = client();
    const megabytes = 2;
    const before = heapMiB();
    for (let at = 0; at < 30; at++) await told(watch(session, `${at}${'x'.repeat(megabytes * 1024 * 1024)}`));
    // What is collected is given back a moment later.
    await until(() => heapMiB() - before < 30);
    session.destroy();
  });

  it('of reflection end with a question that is none', async () => {
    const session = client();
    const stream = open(session, reflectionPath);
    stream.write(asked('inference.GRPCInferenceService'));
    await once(stream, 'data');
    const trailers = once(stream.resume(), 'trailers', inTime());
    stream.write(asked('x'.repeat(1_025)));
    assert.equal(
      messageOf((await trailers)[0] as IncomingHttpHeaders),
      '3: the question: want at most 1024 characters, got 1025',
    );
    session.destroy();
  });

  it('of reflection are a few on each connection', async () => {
    const session = client();
    const streams = Array.from({ length: 9 }, () => open(session, reflectionPath));
    const last = await told(streams[8] as ClientHttp2Stream);
    assert.equal(last, `8: streams of ${reflectionPath}: want at most 8 on one connection`);
    const closed = once(streams[0] as ClientHttp2Stream, 'close', inTime());
    streams[0]?.close();
    await closed;
    const another = open(session, reflectionPath);
    another.write(asked('inference.GRPCInferenceService'));
    assert.equal(await told(another), 'status none');
    session.destroy();
  });

  it('of reflection may ask all at once, and are answered in that order as they read', async () => {
    const session = client();
    const stream = open(session, reflectionPath);
    const symbols = Array.from({ length: 200 }, (_, n) => (n % 2 ? `none.n${n}.` : 'inference.GRPCInferenceService'));
    const trailers = once(stream, 'trailers', inTime());
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.end(Buffer.concat(symbols.map(asked)));
    assert.equal(messageOf((await trailers)[0] as IncomingHttpHeaders), 'status 0');
    const all = Buffer.concat(chunks);
    const messages: Buffer[] = [];
    for (let at = 0; at < all.length; at += 5 + all.readUInt32BE(at + 1))
      messages.push(all.subarray(at + 5, at + 5 + all.readUInt32BE(at + 1)));
    assert.deepEqual(
      symbols.map((symbol, at) => messages[at]?.includes(symbol)),
      symbols.map(() => true),
    );
    assert.equal(messages.length, symbols.length);
    session.destroy();
  });

  it('of reflection end when so many answers are not read', async () => {
    const session = client();
    await once(session, 'remoteSettings');
    // An answer is larger than what may be sent unread.
    session.settings({ initialWindowSize: 100 });
    const stream = open(session, reflectionPath);
    stream.write(Buffer.concat(Array.from({ length: 1_000 }, () => asked('inference.GRPCInferenceService'))));
    const trailers = once(stream, 'trailers', inTime());
    await new Promise((resolve) => session.ping(resolve));
    let answers = 0;
    stream.on('data', (chunk: Buffer) => (answers += chunk.length));
    assert.match(
      messageOf((await trailers)[0] as IncomingHttpHeaders),
      /^8: 4 answers are not read, and 6\d\d questions wait$/,
    );
    assert.ok(answers > 0);
    session.destroy();
  });
});
