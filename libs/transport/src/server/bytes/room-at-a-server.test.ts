/** What messages may take, at a server that listens: who waits for room, who never does, and what it costs a connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { describe, it } from 'node:test';
import { defaultLimits, type Limits } from '@sheaf/inference';
import { inferPath } from '../../proto.ts';
import { statusOf } from '../../testing/fake-caller.ts';
import { requestFor, served, until } from '../../testing/fake-model.ts';
import { encodeRequest } from '../../wire/codec.ts';
import { headBytes, writeHead } from '../framing.ts';
import { createServer } from '../server.ts';
import { BytesInFlight, type Hold } from './bytes-in-flight.ts';

const MiB = 2 ** 20;
const checkPath = '/grpc.health.v1.Health/Check';
const frameOf = (message: Uint8Array): Buffer => writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));

function call(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
  return session.request(headers, { endStream: false }).on('error', () => {});
}

/** The message of a call to the model `echo` that takes so many bytes, and a little more. */
const largeFrame = (bytes: number): Buffer =>
  frameOf(encodeRequest(requestFor('echo', { parameters: new Map([['pad', 'x'.repeat(bytes)]]) })));

/** Takes all the room that there is. */
function fill(bytes: BytesInFlight): Hold {
  const hold = bytes.open(undefined);
  try {
    for (;;) hold.take(64 * 1024);
  } catch {
    return hold;
  }
}

interface Place {
  readonly bytes: BytesInFlight;
  readonly session: ClientHttp2Session;
}

async function withRoom(
  max: number,
  mesh: boolean,
  work: (place: Place) => Promise<void>,
  more: Partial<Limits> = {},
): Promise<void> {
  const bytes = new BytesInFlight(max);
  const limits = { ...defaultLimits, messageBytesMax: 16 * MiB, bytesInFlightMax: max, ...more };
  const server = await createServer({ name: 'test', host: '127.0.0.1', port: 0, limits, bytes, mesh }, served);
  server.open();
  // Node's own would take no second call beside a large one.
  const session = connect(`http://127.0.0.1:${server.port}`, { maxSessionMemory: 64 }).on('error', () => {});
  try {
    await work({ bytes, session });
  } finally {
    session.destroy();
    await until(() => bytes.used === 0);
    await server.close(0);
  }
}

describe('the bodies of health checks', () => {
  it('have their part of the room of small messages, are refused past it, and shut nobody out who only asks', () =>
    withRoom(8 * MiB, false, async ({ bytes, session }) => {
      // An eighth is for small messages; each of these has all of its body but the end.
      const body = frameOf(Buffer.alloc(100 * 1024)).subarray(0, -1);
      const streams = Array.from({ length: 8 }, () => call(session, checkPath));
      const refused = Promise.race(streams.map((stream) => once(stream, 'response')));
      for (const stream of streams) stream.write(body);
      await until(() => bytes.used > 4 * 100_000);
      assert.ok(bytes.used <= MiB, `${bytes.used}`);
      const [first] = await refused;
      assert.equal((first as Record<string, unknown>)['grpc-status'], '8');
      const asking = call(session, checkPath).end(frameOf(Buffer.alloc(0)));
      assert.equal(await statusOf(asking), '0');
    }));
});

const reflectionPath = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

describe('streams of questions', () => {
  it('have what has come of a message counted', () =>
    withRoom(8 * MiB, false, async ({ bytes, session }) => {
      const stream = call(session, reflectionPath);
      const body = frameOf(Buffer.alloc(100 * 1024)).subarray(0, -1);
      stream.write(body);
      await until(() => bytes.used > 90 * 1024);
    }));

  it('have answers counted that are not read', () =>
    withRoom(8 * MiB, false, async ({ bytes, session }) => {
      await once(session, 'remoteSettings');
      session.settings({ initialWindowSize: 0 });
      const symbol = 'inference.GRPCInferenceService';
      const question = frameOf(Buffer.concat([Buffer.from([0x22, symbol.length]), Buffer.from(symbol)]));
      call(session, reflectionPath).write(Buffer.concat([question, question]));
      await until(() => bytes.used > 4 * 1024);
      session.settings({ initialWindowSize: 65_535 });
      await until(() => bytes.used === 0);
    }));

  it('end when a message that has begun does not become whole in time', () =>
    withRoom(
      8 * MiB,
      false,
      async ({ session }) => {
        const stream = call(session, reflectionPath);
        stream.write(frameOf(Buffer.alloc(100 * 1024)).subarray(0, -1));
        assert.equal(await statusOf(stream), '4');
      },
      { requestArrivalMaxMs: 500 },
    ));
});

describe('an upload that waits for its room', () => {
  it('costs its connection nothing, and is answered when there is room', () =>
    withRoom(128 * MiB, false, async ({ bytes, session }) => {
      const others = fill(bytes);
      const upload = call(session, inferPath).end(largeFrame(11 * MiB));
      const status = statusOf(upload);
      for (let asked = 0; asked < 3; asked++)
        assert.equal(await statusOf(call(session, checkPath).end(frameOf(Buffer.alloc(0)))), '0');
      assert.deepEqual([upload.closed, session.destroyed], [false, false]);
      others.release();
      assert.match(await status, /^(0|3)$/);
      assert.equal(session.destroyed, false);
    }));
});

describe('a call between the processes of a mesh', () => {
  for (const mesh of [true, false])
    it(`${mesh ? 'is refused at once' : 'waits, where it is one of a caller,'} when there is no room`, () =>
      withRoom(8 * MiB, mesh, async ({ bytes, session }) => {
        const others = fill(bytes);
        const stream = call(session, inferPath).end(largeFrame(MiB));
        const status = statusOf(stream);
        if (mesh) assert.equal(await status, '8');
        else {
          await statusOf(call(session, checkPath).end(frameOf(Buffer.alloc(0))));
          assert.equal(stream.closed, false);
        }
        others.release();
        if (!mesh) assert.match(await status, /^(0|3)$/);
      }));
});
