/** Calls that are refused before their request has come, by callers that never end it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { defaultLimits, InferError } from '@sheaf/inference';
import { inferPath } from '../proto.ts';
import { served } from '../testing/fake-model.ts';
import { createServer, type Server } from './server.ts';

const good = { ':method': 'POST', ':path': inferPath, 'content-type': 'application/grpc' };

/** Each with what its caller is told. */
const refusals: readonly (readonly [string, Record<string, string>, Readonly<Record<string, unknown>>])[] = [
  ['without a credential', good, { 'grpc-status': '16' }],
  ['of a method that there is not', { ...good, ':path': '/none.Such/Method' }, { 'grpc-status': '12' }],
  ['with another method of HTTP', { ...good, ':method': 'PUT' }, { ':status': 405 }],
  ['that is no gRPC', { ...good, 'content-type': 'text/plain' }, { ':status': 415 }],
  ['with metadata that is none', { ...good, 'grpc-timeout': 'soon' }, { 'grpc-status': '3' }],
];

describe('a call that is refused and never ends', () => {
  let server: Server;
  let session: ClientHttp2Session;
  before(async () => {
    const options = { name: 'server', host: '127.0.0.1', port: 0, limits: defaultLimits };
    server = await createServer(options, {
      ...served,
      admit: () => {
        throw new InferError('UNAUTHENTICATED', 'want a credential');
      },
    });
    server.open();
    session = connect(`http://127.0.0.1:${server.port}`);
  });
  after(async () => {
    session.destroy();
    await server.close(1_000);
  });

  for (const [what, headers, wanted] of refusals)
    it(`is answered, and its stream reset a moment later with no error: ${what}`, async () => {
      const stream = session.request(headers, { endStream: false }).on('error', () => {});
      const ended = once(stream.resume(), 'close', { signal: AbortSignal.timeout(15_000) });
      const [told] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      for (const [key, value] of Object.entries(wanted)) assert.equal(told[key], value);
      await ended;
      assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    });

  it('costs its caller the connection, where there is nothing else on it', async () => {
    const other = connect(`http://127.0.0.1:${server.port}`);
    other.request(good, { endStream: false }).on('error', () => {});
    await once(other, 'close', { signal: AbortSignal.timeout(15_000) });
  });
});
