import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMessageReader } from './message-reader.ts';

function framed(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

describe('a reader of messages', () => {
  it('finds them wherever what comes is cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sent, sizes) => {
        const got: number[][] = [];
        const reader = createMessageReader(20, (message) => got.push([...message]));
        const bytes = Buffer.concat(sent.map((message) => framed(message)));
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          assert.equal(reader.read(bytes.subarray(at, at + size)), undefined);
          at += size;
        }
        assert.deepEqual(
          got,
          sent.map((message) => [...message]),
        );
        assert.equal(reader.isWithin, false);
      }),
    );
  });

  it('refuses a message above its limit by its head, and one that is compressed', () => {
    const reader = () => createMessageReader(20, () => assert.fail('want no message'));
    assert.equal(reader().read(framed(Buffer.alloc(21)).subarray(0, 5)), 'too large');
    assert.equal(reader().read(framed(Buffer.alloc(1), 1)), 'compressed');
  });

  it('says whether a message has begun', () => {
    const reader = createMessageReader(20, () => {});
    reader.read(framed(Buffer.alloc(3)).subarray(0, 7));
    assert.equal(reader.isWithin, true);
  });
});
