import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { InferError } from '@sheaf/inference';
import fc from 'fast-check';
import { type FakeStream, fakeCall } from '../testing/fake-call.ts';
import { BytesInFlight } from './bytes/bytes-in-flight.ts';
import { headBytes, writeHead } from './framing.ts';
import { type Expected, UnaryMessage } from './unary-message.ts';

const bytesMax = 1_000;
const late = (): InferError => new InferError('DEADLINE_EXCEEDED', 'late');
const inFlight = new BytesInFlight(2 ** 24);
const room = inFlight.open(undefined);
const expected = { encoding: undefined, limit: { messageBytesMax: bytesMax }, late, room };

function frameOf(message: Uint8Array, flag = 0): Buffer {
  const frame = writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));
  frame[0] = flag;
  return frame;
}

interface Reading {
  readonly reader: UnaryMessage;
  readonly message: Promise<Buffer>;
  readonly stream: FakeStream;
}

function begin(more: Partial<Expected> = {}): Reading {
  const { stream, call } = fakeCall();
  const { promise: message, resolve: take, reject: fail } = Promise.withResolvers<Buffer>();
  message.catch(() => {});
  return { reader: new UnaryMessage(call, { ...expected, ...more }, { take, fail, close: () => {} }), message, stream };
}

/** What is read of a call that sends these chunks, one after the other, and then nothing more. */
function read(chunks: readonly Uint8Array[], encoding?: string): Promise<Buffer> {
  const { reader, message } = begin({ encoding });
  for (const chunk of chunks) if (chunk.length > 0) reader.data(Buffer.from(chunk));
  reader.end();
  return message;
}

describe('the message of a unary call', () => {
  it('is the same however it is cut into chunks', async () => {
    const message = fc.uint8Array({ maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(message, fc.array(fc.nat(110)), async (sent, cuts) => {
        const frame = frameOf(sent);
        const places = [0, ...cuts.filter((cut) => cut < frame.length).sort((a, b) => a - b), frame.length];
        const chunks = places.slice(1).map((to, index) => frame.subarray(places[index], to));
        assert.deepEqual(await read(chunks), Buffer.from(sent));
      }),
    );
  });

  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)
    it(`is unpacked when it is said to be compressed by ${encoding}, and as it is when it is not`, async () => {
      assert.deepEqual(await read([frameOf(compress('hello'), 1)], encoding), Buffer.from('hello'));
      assert.deepEqual(await read([frameOf(Buffer.from('hello'))], encoding), Buffer.from('hello'));
    });

  it('may take as many bytes as the limit and no more, packed or unpacked', async () => {
    const [most, more] = [Buffer.alloc(bytesMax, 1), Buffer.alloc(bytesMax + 1, 1)];
    assert.deepEqual(await read([frameOf(most)]), most);
    assert.deepEqual(await read([frameOf(gzipSync(most), 1)], 'gzip'), most);
    const metadata = { limit: '1000' };
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_LARGE' };
    await assert.rejects(read([frameOf(more)]), { ...refused, metadata: { ...metadata, size: '1001' } });
    await assert.rejects(read([frameOf(gzipSync(more), 1)], 'gzip'), { ...refused, metadata });
  });

  it('is refused as soon as its head promises too much, and what comes of it is dropped', async () => {
    const { reader, message } = begin();
    const frame = frameOf(Buffer.alloc(2 ** 20));
    reader.data(frame.subarray(0, headBytes + 1));
    await assert.rejects(message, { reason: 'MESSAGE_TOO_LARGE' });
    reader.data(frame.subarray(headBytes + 1));
    assert.equal(reader.isWaiting, false);
  });

  const good = frameOf(Buffer.from('hello'));
  const cases: [string, Uint8Array[], string | undefined, RegExp][] = [
    ['there is none', [], undefined, /want one, got none/],
    ['its head ends early', [good.subarray(0, 3)], undefined, /want 5 bytes with its head, got 3/],
    ['it ends early', [good.subarray(0, 7)], undefined, /want 10 bytes with its head, got 7/],
    ['there are two', [good, good], undefined, /want one, got more/],
    ['its flag is neither 0 nor 1', [frameOf(Buffer.from('hello'), 7)], undefined, /want a flag of 0 or 1, got 7/],
    ['it is compressed and nothing says how', [frameOf(Buffer.from('x'), 1)], undefined, /grpc-encoding does not say/],
    ['it is compressed by identity', [frameOf(Buffer.from('x'), 1)], 'identity', /grpc-encoding does not say/],
    ['it is not what it is said to be', [frameOf(Buffer.from('x'), 1)], 'gzip', /it is no gzip/],
  ];
  for (const [what, chunks, encoding, message] of cases)
    it(`is refused when ${what}`, () =>
      assert.rejects(read(chunks, encoding), { code: 'INVALID_ARGUMENT', reason: 'FRAMING_INVALID', message }));

  it('is refused when it is compressed in a way that nobody here knows', async () => {
    for (const encoding of ['brotli', 'constructor', 'gzip, gzip'])
      await assert.rejects(read([frameOf(Buffer.from('x'), 1)], encoding), {
        code: 'UNIMPLEMENTED',
        reason: 'ENCODING_UNKNOWN',
        message: 'grpc-encoding: want identity,gzip,deflate, got another',
      });
  });

  it('is not waited for longer than it may take', async () => {
    const { reader, message } = begin();
    assert.equal(reader.isWaiting, true);
    reader.late(true);
    await assert.rejects(message, { code: 'DEADLINE_EXCEEDED' });
  });

  for (const bytes of [1_000, 2 ** 21])
    it(`of ${bytes} bytes waits for its room with its stream unread, and is then as if it had not`, async () => {
      const few = new BytesInFlight(2 ** 24);
      // All that small ones have, and of the rest all that those leave that arrive.
      const others = [...Array<number>(128).fill(2 ** 14), 12 * 2 ** 20].map((taken) => {
        const other = few.open(undefined);
        other.take(taken);
        return other;
      });
      const sent = Buffer.alloc(bytes, 7);
      const limit = { messageBytesMax: 2 ** 21 };
      const { reader, message, stream } = begin({ limit, room: few.open(undefined) });
      let isThere = false;
      void message.then(() => (isThere = true));
      const frame = frameOf(sent);
      // In pieces, as HTTP/2 has them.
      for (let at = 0; at < frame.length; at += 2 ** 14) reader.data(frame.subarray(at, at + 2 ** 14));
      reader.end();
      assert.deepEqual(stream.done, [['pause']]);
      await new Promise(setImmediate);
      assert.deepEqual([isThere, few.used], [false, 14 * 2 ** 20]);
      for (const other of others) other.release();
      assert.deepEqual(await message, sent);
      assert.deepEqual(stream.done, [['pause'], ['resume']]);
    });

  it('is given up while it waits for its room when its time is up, and leaves nothing behind', async () => {
    const few = new BytesInFlight(2 ** 24);
    const [other, hold] = [few.open(undefined), few.open(undefined)];
    other.take(2 ** 23);
    const { reader, message } = begin({ limit: { messageBytesMax: 2 ** 21 }, room: hold });
    reader.data(frameOf(Buffer.alloc(2 ** 21)).subarray(0, 1_000));
    reader.late(true);
    await assert.rejects(message, { code: 'DEADLINE_EXCEEDED' });
    hold.release();
    other.release();
    await new Promise(setImmediate);
    assert.equal(few.used, 0);
  });

  it('is refused when the machine has no memory for it', async ({ mock }) => {
    mock.method(Buffer, 'allocUnsafeSlow', () => {
      throw new RangeError('Array buffer allocation failed');
    });
    const { reader, message } = begin();
    reader.data(frameOf(Buffer.alloc(100)).subarray(0, 50));
    await assert.rejects(message, { reason: 'BYTES_IN_FLIGHT' });
  });

  it('is none when its caller has left', async () => {
    const { reader, message } = begin();
    let isThere = false;
    void message.finally(() => (isThere = true)).catch(() => {});
    reader.data(good.subarray(0, 7));
    reader.close();
    reader.end();
    await new Promise(setImmediate);
    assert.deepEqual([isThere, reader.isWaiting], [false, false]);
  });
});
