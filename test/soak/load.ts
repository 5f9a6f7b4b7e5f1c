/** What a soak does to a server, again and again: calls of all kinds, calls that are left, connections that come and go, and what is wrong. */
import { once } from 'node:events';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultLimits, tensorOf } from '@sheaf/inference';
import { createRemote } from '@sheaf/transport';
import { preface } from '../../libs/http2/src/frame-types.ts';
import { contextOf, requestFor } from '../../libs/transport/src/testing/fake-model.ts';
import { encode, types } from '../fuzz/http2/frames.ts';
import { createRandom } from '../fuzz/random-message.ts';

export type Work = () => Promise<unknown>;

/** Each is done in turn, over and over, by a task of its own. What the server refuses is no fault. */
export function works(port: number): { readonly all: readonly Work[]; close(): void } {
  const address = `127.0.0.1:${port}`;
  const options = { service: 'soak', limits: defaultLimits };
  const stream = createRemote(address, { ...options, transport: 'stream' });
  const unary = createRemote(address, options);
  const random = createRandom(1);
  const bytes = (length: number) => [tensorOf('x', 'UINT8', [length], new Uint8Array(length))];
  const left = async (remote: typeof stream): Promise<void> => {
    const controller = new AbortController();
    const call = remote.infer(
      requestFor('wait', { id: `left ${random(2 ** 30)}` }),
      contextOf(5_000, controller.signal),
    );
    setTimeout(() => controller.abort(), random(20));
    await call.catch(() => {});
  };
  return {
    all: [
      () => stream.infer(requestFor('echo'), contextOf()),
      () => unary.infer(requestFor('echo'), contextOf()),
      () => stream.infer(requestFor('echo', { inputs: bytes(200_000) }), contextOf()),
      () => stream.infer(requestFor('echo', { inputs: bytes(defaultLimits.messageBytesMax - 5_000) }), contextOf()),
      () => stream.infer(requestFor('refuse'), contextOf()).catch(() => {}),
      () => unary.infer(requestFor('wait', { id: `late ${random(2 ** 30)}` }), contextOf(20)).catch(() => {}),
      () => left(stream),
      () => left(unary),
      () => comeAndGo(address),
      () => resets(port),
      () => wrongFrames(port, random),
      () => hangUp(port, random),
    ],
    close: () => {
      stream.close();
      unary.close();
    },
  };
}

/** A client that asks one thing and a watch, and leaves. */
async function comeAndGo(address: string): Promise<void> {
  const remote = createRemote(address, { service: 'soak', limits: defaultLimits, transport: 'stream' });
  const end = remote.watchReady(() => {});
  await remote.infer(requestFor('echo'), contextOf());
  end();
  remote.close();
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
