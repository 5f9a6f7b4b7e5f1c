import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createFrameReader, writeFrame } from './transform-frames.ts';

const bodyBytesMax = 1000;
const memoryOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

function readAll(bytes: Uint8Array, pieceBytes = bytes.length || 1): unknown[] {
  const heard: unknown[] = [];
  const read = createFrameReader(bodyBytesMax, (message) => heard.push(message));
  for (let at = 0; at < bytes.length; at += pieceBytes) read(bytes.subarray(at, at + pieceBytes));
  return heard;
}

/** A frame with any head. */
function frameOf(head: string, bodyBytes = 0): Buffer {
  const prefix = Buffer.alloc(10);
  prefix.writeUInt32LE(Buffer.byteLength(head));
  prefix.writeUIntLE(bodyBytes, 4, 6);
  return Buffer.concat([prefix, Buffer.from(head), Buffer.alloc(bodyBytes)]);
}

describe('frames between a service and a transform', () => {
  it('come as they were sent, in whatever pieces', () => {
    const tensor = fc
      .tuple(fc.string(), fc.uint8Array({ maxLength: 40 }))
      .map(([name, memory]) => ({ name, memory: memoryOf(memory) }));
    const inputs = fc.array(tensor, { maxLength: 5 });
    const messages = fc.array(
      fc.tuple(fc.nat(), inputs).map(([id, list]) => ({ id, inputs: list, payload: { inputs: list, shape: [id] } })),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 50 }), (sent, pieceBytes) => {
        const bytes = Buffer.concat(sent.flatMap((message) => writeFrame(message, bodyBytesMax)));
        assert.deepEqual(readAll(bytes, pieceBytes), sent);
      }),
    );
  });

  it('are not copied where they are large', () => {
    const memory = new ArrayBuffer(100_000);
    assert.equal(writeFrame({ inputs: [{ memory }] }, 100_000).at(-1)?.buffer, memory);
  });

  it('have bounds: what is larger is neither sent nor taken', () => {
    const fits = { inputs: [{ memory: new ArrayBuffer(bodyBytesMax) }] };
    assert.deepEqual(readAll(Buffer.concat(writeFrame(fits, bodyBytesMax))), [fits]);
    const large = { inputs: [{ memory: new ArrayBuffer(bodyBytesMax + 1) }] };
    assert.throws(() => writeFrame(large, bodyBytesMax), { code: 'RESOURCE_EXHAUSTED' });
    assert.throws(() => readAll(Buffer.concat(writeFrame(large, bodyBytesMax + 1))), /1001 bytes/);
    assert.throws(() => writeFrame('x'.repeat(2 ** 20), bodyBytesMax), { code: 'RESOURCE_EXHAUSTED' });
    assert.throws(() => readAll(frameOf(JSON.stringify('x'.repeat(2 ** 20)))), /head of/);
    const many = { inputs: Array.from({ length: 4097 }, () => ({ memory: new ArrayBuffer(0) })) };
    assert.throws(() => writeFrame(many, bodyBytesMax), { code: 'RESOURCE_EXHAUSTED' });
    assert.throws(() => readAll(frameOf(`{"memories":[${Array(4097).fill(0)}],"message":1}`)), RangeError);
  });

  for (const head of [
    '',
    'not JSON',
    'null',
    '{"memories":{},"message":1}',
    '{"memories":[-1],"message":1}',
    '{"memories":[0.5],"message":1}',
    '{"memories":["1"],"message":1}',
    '{"memories":[1e9],"message":1}',
    `{"memories":[0],"message":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  ])
    it(`are none with the head ${head.slice(0, 40)}`, () => {
      assert.throws(() => readAll(frameOf(head)));
    });

  it('never make the reader hang or throw anything else than an error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readAll(bytes);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('give nothing for a memory that they do not carry', () => {
    const [message] = readAll(frameOf('{"memories":[0],"message":{"result":[{"memory":"__proto__"},{"memory":3}]}}'));
    assert.deepEqual(message, { result: [{ memory: undefined }, { memory: undefined }] });
  });
});
