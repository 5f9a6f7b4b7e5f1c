import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChunkList } from './chunk-list.ts';

describe('chunks that wait', () => {
  it('come back as the same bytes, whatever their sizes', () => {
    const sizes = fc.array(fc.oneof(fc.nat(10), fc.nat(10_000)), { maxLength: 50 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const list = new ChunkList();
        const chunks = lengths.map((length, index) => Buffer.alloc(length, index + 1));
        for (const chunk of chunks) list.add(chunk);
        assert.equal(list.length, Buffer.concat(chunks).length);
        assert.deepEqual(Buffer.concat(list.take()), Buffer.concat(chunks));
        assert.deepEqual([list.length, list.take()], [0, []]);
      }),
    );
  });

  it('are few buffers where they are a million bytes on their own', () => {
    const list = new ChunkList();
    for (let index = 0; index < 1_000_000; index++) list.add(Buffer.of(1));
    assert.ok(list.take().length < 50);
  });
});
