import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameReader } from './frame-reader.ts';
import { flags, frameTypes } from './frame-types.ts';
import { dataFrame, frame } from './testing/raw-peer.ts';

/** Reads the chunks and lists the frames, with their DATA put together again. */
function read(chunks: readonly Buffer[]): string[] {
  const told: string[] = [];
  let data: number[] = [];
  const reader = new FrameReader({
    dataBegin(id, length) {
      told.push(`begin ${id} ${length}`);
      data = [];
    },
    dataPart(part) {
      assert.ok(part.length > 0);
      data.push(...part);
    },
    dataEnd: (id, frameFlags, length) => told.push(`data ${id} ${frameFlags} ${length} ${data}`),
    frame: (type, frameFlags, id, bytes, start, end) =>
      told.push(`frame ${type} ${frameFlags} ${id} ${[...bytes.subarray(start, end)]}`),
  });
  for (const chunk of chunks) reader.read(chunk);
  return told;
}

const bytes = Buffer.concat([
  frame('SETTINGS', 0, 0, [0, 4, 0, 0, 255, 255]),
  frame('SETTINGS', flags.ACK, 0),
  dataFrame(1, [1, 2, 3]),
  dataFrame(1, []),
  frame('DATA', flags.PADDED | flags.END_STREAM, 3, [2, 7, 8, 9, 0, 0]),
  frame('DATA', flags.PADDED, 5, [0, 6]),
  frame('DATA', flags.PADDED, 5, [1, 0]),
  frame(0xee, 0xff, 2 ** 31 - 1, [1]),
  frame('PING', 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
]);
const whole = [
  'frame 4 0 0 0,4,0,0,255,255',
  'frame 4 1 0 ',
  'begin 1 3',
  'data 1 0 3 1,2,3',
  'begin 1 0',
  'data 1 0 0 ',
  'begin 3 6',
  'data 3 9 6 7,8,9',
  'begin 5 2',
  'data 5 8 2 6',
  'begin 5 2',
  'data 5 8 2 ',
  'frame 238 255 2147483647 1',
  'frame 6 0 0 1,2,3,4,5,6,7,8',
];

describe('frames from chunks', () => {
  it('are read whole', () => {
    assert.deepEqual(read([bytes]), whole);
  });

  it('are the same wherever two chunks meet', () => {
    for (let at = 0; at <= bytes.length; at++)
      assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole, `split at ${at}`);
  });

  it('are the same byte by byte', () => {
    assert.deepEqual(read(Array.from(bytes, (byte) => Buffer.of(byte))), whole);
  });

  it('are the same wherever three chunks meet', () => {
    for (let first = 0; first < bytes.length; first += 3)
      for (let second = first; second < bytes.length; second += 5) {
        const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        assert.deepEqual(read(chunks), whole, `split at ${first} and ${second}`);
      }
  });

  it('tell DATA as it comes', () => {
    const parts: number[] = [];
    const reader = new FrameReader({
      dataBegin() {},
      dataPart: ({ length }) => parts.push(length),
      dataEnd: () => parts.push(-1),
      frame() {},
    });
    const large = dataFrame(1, Buffer.alloc(1000));
    reader.read(large.subarray(0, 109));
    assert.deepEqual(parts, [100]);
    reader.read(large.subarray(109));
    assert.deepEqual(parts, [100, 900, -1]);
  });

  it('ignore the reserved bit of a stream number', () => {
    const reserved = dataFrame(1, []);
    reserved[5] = 0x80;
    assert.deepEqual(read([reserved]), ['begin 1 0', 'data 1 0 0 ']);
  });

  it('may be 16,384 bytes long, and not one more', () => {
    assert.equal(read([frame('PING', 0, 0, Buffer.alloc(16_384))]).length, 1);
    assert.throws(() => read([frame('PING', 0, 0, Buffer.alloc(16_385))]), /at most 16384 bytes/);
  });

  it('may not be padded beyond their length', () => {
    assert.throws(() => read([frame('DATA', flags.PADDED, 1, [3, 0, 0])]), /padding/);
    assert.throws(() => read([frame('DATA', flags.PADDED, 1, [])]), /too short/);
  });

  it('are not read any more once stopped, even within a chunk', () => {
    const told: number[] = [];
    const reader = new FrameReader({
      dataBegin() {},
      dataPart() {},
      dataEnd() {},
      frame(type) {
        told.push(type);
        reader.stop();
      },
    });
    reader.read(bytes);
    assert.deepEqual(told, [frameTypes.SETTINGS]);
  });
});
