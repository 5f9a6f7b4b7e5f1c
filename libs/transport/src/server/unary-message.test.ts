import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { InferError } from '@sheaf/inference';
import fc from 'fast-check';
import { BytesInFlight } from './bytes/bytes-in-flight.ts';
import { headBytes, readUnaryMessage, writeHead } from './unary-message.ts';

const bytesMax = 1_000;
const late = (): InferError => new InferError('DEADLINE_EXCEEDED', 'late');
const inFlight = new BytesInFlight(2 ** 24);
const hold = inFlight.open(undefined);
const expected = { encoding: undefined, bytesMax, withinMs: 10_000, late, onBytes: () => {}, hold };

function frameOf(message: Uint8Array, flag = 0): Buffer {
  const frame = writeHead(Buffer.concat([Buffer.alloc(headBytes), message]));
  frame[0] = flag;
  return frame;
}

/** What is read of a call that sends these chunks, one after the other, and then nothing more. */
function read(chunks: readonly Uint8Array[], encoding?: string): Promise<Buffer | undefined> {
  const stream = new PassThrough();
  const message = readUnaryMessage(stream, { ...expected, encoding });
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
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

  it('is refused as soon as its head promises too much, and what comes of it is counted and dropped', async () => {
    const stream = new PassThrough();
    let bytes = 0;
    const message = readUnaryMessage(stream, { ...expected, onBytes: (more) => (bytes += more) });
    const frame = frameOf(Buffer.alloc(2 ** 20));
    stream.write(frame.subarray(0, headBytes + 1));
    await assert.rejects(message, { reason: 'MESSAGE_TOO_LARGE' });
    stream.end(frame.subarray(headBytes + 1));
    await once(stream, 'end');
    assert.equal(bytes, frame.length);
    assert.equal(stream.readableLength, 0);
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
    const message = readUnaryMessage(new PassThrough(), { ...expected, withinMs: 1 });
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
      // As that of a call, it is not closed before it has had its answer.
      const stream = new PassThrough({ autoDestroy: false });
      const message = readUnaryMessage(stream, { ...expected, bytesMax: 2 ** 21, hold: few.open(undefined) });
      let isThere = false;
      void message.then(() => (isThere = true));
      const paused = once(stream, 'pause');
      stream.end(frameOf(sent));
      await paused;
      await new Promise(setImmediate);
      assert.deepEqual([isThere, few.used], [false, 14 * 2 ** 20]);
      for (const other of others) other.release();
      assert.deepEqual(await message, sent);
    });

  it('is given up while it waits for its room when its time is up, and leaves nothing behind', async () => {
    const few = new BytesInFlight(2 ** 24);
    const [other, hold] = [few.open(undefined), few.open(undefined)];
    other.take(2 ** 23);
    const stream = new PassThrough();
    const message = readUnaryMessage(stream, { ...expected, bytesMax: 2 ** 21, hold, withinMs: 1 });
    stream.write(frameOf(Buffer.alloc(2 ** 21)).subarray(0, 1_000));
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
    const stream = new PassThrough();
    const message = readUnaryMessage(stream, expected);
    stream.write(frameOf(Buffer.alloc(100)).subarray(0, 50));
    await assert.rejects(message, { reason: 'BYTES_IN_FLIGHT' });
  });

  it('is none when its caller has left', async () => {
    const stream = new PassThrough();
    const message = readUnaryMessage(stream, expected);
    stream.write(good.subarray(0, 7));
    stream.destroy();
    assert.equal(await message, undefined);
  });
});
