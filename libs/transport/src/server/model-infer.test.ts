import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { defaultLimits } from '@sheaf/inference';
import { inferPath } from '../proto.ts';
import { readRpcStatus } from '../rpc-status.ts';
import { cancelled, held, journals, openServer, requestFor, served, until } from '../testing/fake-model.ts';
import { encodeRequest } from '../wire/codec.ts';
import { headBytes, writeHead } from './framing.ts';
import { createServer, type Server } from './server.ts';

const frameOf = (message: Uint8Array): Buffer => writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));
const echo = frameOf(encodeRequest(requestFor('echo')));

describe('ModelInfer on its stream', () => {
  let server: Server;
  let session: ClientHttp2Session;
  before(async () => {
    server = await openServer();
    session = connect(`http://127.0.0.1:${server.port}`);
  });
  after(async () => {
    session.destroy();
    await server.close(1_000);
  });

  const open = (headers: Readonly<Record<string, string>> = {}, on = session) =>
    on.request({ ':method': 'POST', ':path': inferPath, 'content-type': 'application/grpc', ...headers });

  /** The headers and the trailers of the answer, as one. */
  async function toldBy(stream: ReturnType<typeof open>): Promise<IncomingHttpHeaders> {
    const told: IncomingHttpHeaders = {};
    stream.on('response', (headers) => Object.assign(told, headers));
    stream.on('trailers', (headers) => Object.assign(told, headers));
    await new Promise((resolve) => stream.resume().once('end', resolve));
    return told;
  }

  it('is answered, and says what may be compressed how', async () => {
    const told = await toldBy(open().end(echo));
    assert.equal(told['grpc-status'], '0');
    assert.equal(told['content-type'], 'application/grpc+proto');
    assert.equal(told['grpc-accept-encoding'], 'identity,gzip,deflate');
  });

  it('has a refusal that names what was wrong with its message, by its ids, and stands in the trace', async () => {
    const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
    const told = await toldBy(open({ 'x-request-id': 'mine', traceparent }).end(Buffer.concat([echo, echo])));
    assert.equal(told['grpc-status'], '3');
    assert.equal(told['x-request-id'], 'mine');
    assert.equal(told['x-trace-id'], '0123456789abcdef0123456789abcdef');
    const { message, details } = readRpcStatus(Buffer.from(String(told['grpc-status-details-bin']), 'base64'));
    assert.equal(message, 'the message of the call: want one, got more');
    assert.match(Buffer.from(details[0]?.value ?? []).toString(), /FRAMING_INVALID/);
    assert.equal(journals.at(-1)?.spans[0]?.traceId, '0123456789abcdef0123456789abcdef');
    assert.equal(journals.at(-1)?.spans[0]?.code, 'INVALID_ARGUMENT');
  });

  it('is not waited for past the deadline of its caller', async () => {
    const stream = open({ 'grpc-timeout': '50m' });
    stream.write(echo.subarray(0, 7));
    assert.equal((await toldBy(stream))['grpc-status'], '4');
  });

  it('is not waited for longer than requests may take to come, and the trace says the same as the answer', async () => {
    const limits = { ...defaultLimits, requestArrivalMaxMs: 100 };
    const hasty = await createServer({ name: 'hasty', host: '127.0.0.1', port: 0, limits }, served);
    const client = connect(`http://127.0.0.1:${hasty.port}`);
    const stream = open({ 'x-request-id': 'late' }, client);
    stream.write(echo.subarray(0, 7));
    const told = await toldBy(stream);
    assert.equal(told['grpc-status'], '4');
    assert.equal(told['x-request-id'], 'late');
    assert.equal(journals.at(-1)?.spans[0]?.attributes?.['sheaf.refused'], 'REQUEST_LATE');
    client.destroy();
    await hasty.close(1_000);
  });

  it('is dropped once it is refused, and reset a moment later with no error', async () => {
    const client = connect(`http://127.0.0.1:${server.port}`);
    const stream = open({}, client);
    const closed = once(stream, 'close');
    // A flag of 7, and no end of it.
    stream.write(Buffer.from([7, 0, 0, 0, 9]));
    assert.equal((await toldBy(stream))['grpc-status'], '3');
    stream.write(Buffer.alloc(100));
    await closed;
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    client.destroy();
  });

  it('leaves nothing in the trace when its connection is lost before its message has come', async () => {
    const before = journals.length;
    const client = connect(`http://127.0.0.1:${server.port}`);
    await once(client, 'connect');
    const stream = open({}, client).on('error', () => {});
    stream.write(echo.subarray(0, 7));
    await new Promise((resolve) => client.ping(resolve));
    client.destroy();
    // By the third answer the server has seen that it is lost.
    for (const _ of [1, 2, 3]) assert.equal((await toldBy(open().end(echo)))['grpc-status'], '0');
    assert.deepEqual(
      journals.slice(before).map(({ spans }) => spans[0]?.code),
      ['OK', 'OK', 'OK'],
    );
  });

  it('says what is understood when its message is packed in another way', async () => {
    const packed = Buffer.from(echo);
    packed[0] = 1;
    const told = await toldBy(open({ 'grpc-encoding': 'brotli' }).end(packed));
    assert.equal(told['grpc-status'], '12');
    assert.equal(told['grpc-accept-encoding'], 'identity,gzip,deflate');
  });

  it('is given up when its caller leaves, and only then', async () => {
    const waiting = (id: string) => open().end(frameOf(encodeRequest(requestFor('wait', { id }))));
    const left = waiting('left');
    const stays = toldBy(waiting('stays'));
    await until(() => held.has('left') && held.has('stays'));
    left.close();
    await until(() => cancelled.includes('left'));
    held.get('stays')?.();
    assert.equal((await stays)['grpc-status'], '0');
    assert.deepEqual(cancelled, ['left']);
  });

  it('gets a deadline that is longer than any timer as if it were none', async () => {
    assert.equal((await toldBy(open({ 'grpc-timeout': '99999999H' }).end(echo)))['grpc-status'], '0');
  });
});
