import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { after, describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { defaultLimits, InferError, type Principal } from '@sheaf/inference';
import { service } from 'grpc-health-check';
import { statusOf } from '../../testing/fake-caller.ts';
import { served, until } from '../../testing/fake-model.ts';
import { createServer, type Server } from '../server.ts';

const principal: Principal = { id: 'a', tenant: 't', roles: [], models: [], priority: 'standard', claims: {} };
const gone = new InferError('UNAUTHENTICATED', 'the API key is not valid', { reason: 'TOKEN_INVALID' });
const watchPath = '/grpc.health.v1.Health/Watch';
const reflectionPath = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

/** A server whose callers may come in until `forget`; `asked` is what it has asked of them. */
async function openServer(): Promise<{ server: Server; asked: string[]; forget: () => void }> {
  let isKnown = true;
  const asked: string[] = [];
  const options = { name: 'gateway', host: '127.0.0.1', port: 0, limits: defaultLimits };
  const server = await createServer(options, {
    ...served,
    admit: ({ method, metadata }) => {
      asked.push(`${method} ${metadata('x-api-key')}`);
      if (isKnown) return principal;
      throw gone;
    },
  });
  server.open();
  return { server, asked, forget: () => (isKnown = false) };
}

/** A caller that takes no byte of any answer, unless it is told how many. */
async function callerOf({ port }: Server, initialWindowSize = 0): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize } });
  await once(
    session.on('error', () => {}),
    'remoteSettings',
  );
  return session;
}

const open = (session: ClientHttp2Session, path: string, headers: Record<string, string> = {}): ClientHttp2Stream =>
  session
    .request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...headers }, { endStream: false })
    .on('error', () => {});

/** Of reflection: which services there are. */
const question = Buffer.from([0, 0, 0, 0, 2, 0x3a, 0]);
const emptyMessage = Buffer.alloc(5);

const isAlive = async (session: ClientHttp2Session): Promise<void> =>
  assert.equal(await statusOf(open(session, watchPath)), '16');

/** What would have ended the process; the test runner knows no test that it is of. */
const thrown: unknown[] = [];
const note = (error: unknown): void => void thrown.push(error);
process.on('uncaughtExceptionMonitor', note).on('unhandledRejection', note);
after(() => assert.deepEqual(thrown, []));

describe('a watch', { concurrency: true }, () => {
  it('ends with the refusal of its caller, once that may not come in any more', async () => {
    const { server, asked, forget } = await openServer();
    const Health = grpc.makeClientConstructor(service as unknown as grpc.ServiceDefinition, 'Health');
    const client = new Health(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
    const metadata = new grpc.Metadata();
    metadata.set('x-api-key', 'mine');
    const watch = client['watch']?.({ service: '' }, metadata) as grpc.ClientReadableStream<{ status: string }>;
    const ended = new Promise<grpc.StatusObject>((resolve) => watch.on('status', resolve));
    watch.on('error', () => {});
    await new Promise<void>((resolve) => watch.on('data', () => resolve()));
    forget();
    const { code, details } = await ended;
    assert.deepEqual([code, details], [grpc.status.UNAUTHENTICATED, 'the API key is not valid']);
    assert.deepEqual(asked, Array(2).fill(`${watchPath} mine`));
    client.close();
    await server.close(0);
  });

  it('that ends once more when the server closes, before its caller has read the refusal, ends with that', async () => {
    const { server, asked, forget } = await openServer();
    const session = await callerOf(server);
    const stream = open(session, watchPath).end(emptyMessage);
    await once(stream, 'response');
    forget();
    await until(() => asked.length === 2);
    const closed = server.close(10_000);
    session.settings({ initialWindowSize: 65_535 });
    assert.equal(await statusOf(stream), '16');
    session.destroy();
    await closed;
  });

  it('that has been ended by the server, and is not read, is cut when its caller may not come in any more', async () => {
    const { server, asked, forget } = await openServer();
    const session = await callerOf(server);
    const stream = open(session, watchPath).end(emptyMessage);
    await once(stream, 'response');
    const closed = server.close(20_000);
    forget();
    assert.equal(await statusOf(stream), 'none');
    assert.equal(asked.length, 2);
    session.destroy();
    await closed;
  });
});

describe('reflection', { concurrency: true }, () => {
  it('that is refused before it was asked anything may be asked nevertheless', async () => {
    const { server, asked, forget } = await openServer();
    const session = await callerOf(server, 65_535);
    const stream = open(session, reflectionPath);
    await until(() => asked.length === 1);
    forget();
    const status = statusOf(stream);
    await once(stream, 'response');
    stream.end(question);
    assert.equal(await status, '16');
    await isAlive(session);
    session.destroy();
    await server.close(0);
  });

  it('that ends by itself, before its caller has read the refusal, ends with that', async () => {
    const { server, asked, forget } = await openServer();
    const session = await callerOf(server);
    const stream = open(session, reflectionPath);
    stream.write(question);
    await once(stream, 'response');
    forget();
    await until(() => asked.length === 2);
    stream.end();
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    session.settings({ initialWindowSize: 65_535 });
    assert.equal(await statusOf(stream), '16');
    await isAlive(session);
    session.destroy();
    await server.close(0);
  });
});

describe('a call of one message', () => {
  it('is not asked again: it ends with its deadline', async () => {
    const { server, asked, forget } = await openServer();
    const session = await callerOf(server, 65_535);
    const stream = open(session, '/inference.GRPCInferenceService/ServerReady', { 'grpc-timeout': '5600m' });
    await until(() => asked.length === 1);
    forget();
    assert.equal(await statusOf(stream), '4');
    assert.equal(asked.length, 1);
    await isAlive(session);
    session.destroy();
    await server.close(0);
  });
});
