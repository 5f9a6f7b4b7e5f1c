/** What a soak does to a server, again and again: calls of all kinds, calls that are left, connections that come and go, and what is wrong. */
import { once } from 'node:events';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultLimits, InferError, type InferErrorCode, tensorOf } from '@sheaf/inference';
import { createRemote, type Remote } from '@sheaf/transport';
import { preface } from '../../libs/http2/src/frame-types.ts';
import { limits as http2Limits } from '../../libs/http2/src/limits.ts';
import { contextOf, requestFor } from '../../libs/transport/src/testing/fake-model.ts';
import { encode, types } from '../fuzz/http2/frames.ts';
import { createRandom } from '../fuzz/random-message.ts';

export type Work = () => Promise<unknown>;

export interface Load {
  /** By what it is; each is done over and over by a task of its own. It fails where the server did what it should not. */
  readonly works: ReadonlyMap<string, Work>;
  /** Ends the connections that all share. */
  close(): void;
}

export function createLoad(port: number): Load {
  const address = `127.0.0.1:${port}`;
  const options = { service: 'soak', limits: defaultLimits };
  const stream = createRemote(address, { ...options, transport: 'stream' });
  const unary = createRemote(address, options);
  const random = createRandom(1);
  const bytes = (length: number) => [tensorOf('x', 'UINT8', [length], new Uint8Array(length))];
  const ask = (remote: Remote, model: string, length: number) => () =>
    remote.infer(requestFor(model, { inputs: bytes(length) }), contextOf(patienceMs));
  const wait = (remote: Remote, timeoutMs: number, signal?: AbortSignal) =>
    remote.infer(requestFor('wait', { id: `wait ${random(2 ** 30)}` }), contextOf(timeoutMs, signal));
  /** Waits so long after a call that resets its stream: two kinds of work do so on one connection, and what a server bears of that is limited. */
  const rest = (): Promise<void> => delay(3_000 / http2Limits.resets.perSecond);
  const leave = async (remote: Remote): Promise<void> => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), random(20));
    await wantCode('CANCELLED', wait(remote, patienceMs, controller.signal));
  };
  return {
    works: new Map<string, Work>([
      ['small on the stream', ask(stream, 'echo', 8)],
      ['small', ask(unary, 'echo', 8)],
      ['large on the stream', ask(stream, 'echo', 200_000)],
      ['largest on the stream', ask(stream, 'echo', defaultLimits.messageBytesMax - 5_000)],
      ['refused', () => wantCode('UNAVAILABLE', ask(stream, 'refuse', 8)())],
      ['late', () => wantCode('DEADLINE_EXCEEDED', wait(unary, 20)).then(rest)],
      ['left on the stream', () => leave(stream)],
      ['left', () => leave(unary).then(rest)],
      ['a client that comes and goes', () => comeAndGo(address)],
      ['resets', () => resets(port)],
      ['wrong frames', () => wrongFrames(port, random)],
      ['hung up', () => hangUp(port, random)],
    ]),
    close: () => {
      stream.close();
      unary.close();
    },
  };
}

/** Longer than a call may wait for others that are as large as they may be, on a machine that has more to do. */
const patienceMs = 30_000;

/** The call has to end with this code. */
async function wantCode(code: InferErrorCode, call: Promise<unknown>): Promise<void> {
  const ending = await call.then(
    () => 'OK',
    (error: unknown) => error,
  );
  if (!(ending instanceof InferError)) throw new Error(`want ${code}, got ${ending}`);
  if (ending.code !== code) throw ending;
}

/** A client that asks one thing and a watch, and leaves. */
async function comeAndGo(address: string): Promise<void> {
  const remote = createRemote(address, { service: 'soak', limits: defaultLimits, transport: 'stream' });
  const end = remote.watchReady(() => {});
  try {
    await remote.infer(requestFor('echo'), contextOf(patienceMs));
  } finally {
    end();
    remote.close();
  }
}

/** Calls that are reset before they are answered. */
async function resets(port: number): Promise<void> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  for (let count = 0; count < 20; count++) {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => {});
    stream.write(Buffer.alloc(100));
    setImmediate(() => stream.close(http2.constants.NGHTTP2_CANCEL));
  }
  await delay(50);
  session.destroy();
}

/** A preface, and then frames of any kind. */
async function wrongFrames(port: number, random: (below: number) => number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write(preface);
  socket.write(encode({ type: types.SETTINGS, flags: 0, id: 0, payload: Buffer.alloc(0) }));
  for (let count = 0; count < 50 && socket.writable; count++)
    socket.write(encode({ type: random(12), flags: random(256), id: random(9), payload: Buffer.alloc(random(40)) }));
  await Promise.race([once(socket, 'close'), delay(100)]);
  socket.destroy();
}

/** A connection that ends anywhere in its preface. */
async function hangUp(port: number, random: (below: number) => number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(preface.subarray(0, random(preface.length)));
  socket.destroy();
  await delay(5);
}
