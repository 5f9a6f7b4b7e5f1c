import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MessageSplitter } from './message-splitter.ts';

function framed(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const limit = { messageBytesMax: 20 };

describe('a splitter of messages', () => {
  it('finds them wherever what comes is cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sent, sizes) => {
        const got: number[][] = [];
        const splitter = new MessageSplitter(limit, (message) => got.push([...message]));
        const bytes = Buffer.concat(sent.map((message) => framed(message)));
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          splitter.add(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(
          got,
          sent.map((message) => [...message]),
        );
        assert.equal(splitter.isWithin, false);
      }),
    );
  });

  it('refuses a message above its limit by its head, and a flag that is none', () => {
    const splitter = () => new MessageSplitter(limit, () => assert.fail('want no message'));
    assert.throws(() => splitter().add(framed(Buffer.alloc(21)).subarray(0, 5)), { code: 'RESOURCE_EXHAUSTED' });
    assert.throws(() => splitter().add(framed(Buffer.alloc(1), 2)), { code: 'INVALID_ARGUMENT' });
  });

  it('says of each message whether it is compressed', () => {
    const told: boolean[] = [];
    const splitter = new MessageSplitter(limit, (_, isCompressed) => told.push(isCompressed));
    splitter.add(Buffer.concat([framed(Buffer.alloc(1), 1), framed(Buffer.alloc(1))]));
    assert.deepEqual(told, [true, false]);
  });

  it('says whether a message has begun', () => {
    const splitter = new MessageSplitter(limit, () => {});
    splitter.add(framed(Buffer.alloc(3)).subarray(0, 7));
    assert.equal(splitter.isWithin, true);
  });
});
