import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeHuffman, huffmanLength } from '../testing/encode-huffman.ts';
import type { Field } from '../types.ts';
import { CompressionError } from './compression-error.ts';
import { createHeaderDecoder } from './decoder.ts';
import { createDynamicTable } from './dynamic-table.ts';
import { encodeHeaders } from './encoder.ts';
import { decodeHuffman } from './huffman.ts';
import { decodeInteger, integerText } from './integer.ts';
import { staticTable } from './static-table.ts';

/** Any bytes: whether a name or value is well-formed is looked at by whoever reads the list. */
const text = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const field = fc.oneof(
  fc.tuple(text, text),
  fc.constantFrom(...staticTable),
  fc.tuple(fc.constantFrom(...staticTable.map(([name]) => name)), text),
);

const request: readonly Field[] = [
  [':method', 'POST'],
  [':path', '/inference.GRPCInferenceService/ModelInfer'],
  ['content-type', 'application/grpc'],
  ['authorization', 'Bearer secret'],
];

/** A literal with incremental indexing, its strings without Huffman code and shorter than 127 bytes. */
const adding = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.of(0x40, name.length),
    Buffer.from(name, 'latin1'),
    encodeLength(value.length),
    Buffer.from(value, 'latin1'),
  ]);

const encodeLength = (length: number): Buffer => Buffer.from(integerText(length, 7, 0), 'latin1');

const wrong = (decode: () => unknown): void => assert.throws(decode, CompressionError);

describe('a header list that is encoded', () => {
  it('has no character that is no byte: the low half of some is a line feed', () => {
    for (const value of ['a\u010a', '\u010a'.repeat(20), '\uff41'])
      assert.throws(() => encodeHeaders([['x', value]]), /U\+00FF/);
    assert.throws(() => encodeHeaders([['x\u010a', 'a']]), RangeError);
  });

  it('gives several cookies as one, as a list with semicolons, and all else with commas', () => {
    const fields = ['cookie', 'x'].flatMap((name) => [[name, 'a=1'] as const, [name, 'b=2'] as const]);
    const list = createHeaderDecoder().decode(encodeHeaders(fields).bytes);
    assert.deepEqual([list?.get('cookie'), list?.get('x')], ['a=1; b=2', 'a=1, b=2']);
  });
});

describe('integers of HPACK', () => {
  it('come back as they were, with every prefix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 8 }), (value, prefixBits) => {
        const bytes = Buffer.from(integerText(value, prefixBits, 0), 'latin1');
        const cursor = { bytes, at: 0 };
        assert.equal(decodeInteger(cursor, prefixBits), value);
        assert.equal(cursor.at, bytes.length);
      }),
    );
  });

  it('are refused above 2^32 - 1, when they are longer than that needs, and when they are cut short', () => {
    const read = (...bytes: number[]) => decodeInteger({ bytes: Buffer.from(bytes), at: 0 }, 5);
    assert.equal(read(0x1f, 0xe0, 0xff, 0xff, 0xff, 0x0f), 2 ** 32 - 1);
    wrong(() => read(0x1f, 0xe1, 0xff, 0xff, 0xff, 0x0f));
    wrong(() => read(0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00));
    wrong(() => read(0x1f, 0x80));
    wrong(() => read());
  });
});

describe('the Huffman code', () => {
  it('gives back any bytes', () => {
    fc.assert(
      fc.property(text, (value) => {
        const bytes = Buffer.alloc(huffmanLength(value));
        assert.equal(encodeHuffman(value, bytes, 0), bytes.length);
        assert.equal(decodeHuffman(bytes, 0, bytes.length), value);
      }),
    );
  });

  it('may not hold the end of the string, a padding of a whole byte, or one that is not of ones', () => {
    const read = (...bytes: number[]) => decodeHuffman(Buffer.from(bytes), 0, bytes.length);
    assert.equal(read(0x1f), 'a');
    wrong(() => read(0x1f, 0xff));
    wrong(() => read(0x1e));
    wrong(() => read(0xff));
    wrong(() => read(0xff, 0xff, 0xff, 0xff));
  });
});

describe('the dynamic table', () => {
  it('holds what a plain list holds, whatever is added and however it is resized', () => {
    const step = fc.oneof(fc.tuple(text, text), fc.integer({ min: 0, max: 400 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = createDynamicTable(300);
        let plain: Field[] = [];
        let sizeMax = 300;
        for (const step of steps) {
          if (typeof step === 'number') sizeMax = step;
          else plain = [step, ...plain];
          if (typeof step === 'number') table.resize(step);
          else table.add(step);
          const size = () => plain.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
          while (size() > sizeMax) plain.pop();
          assert.deepEqual([table.length, table.size], [plain.length, size()]);
          assert.deepEqual(
            Array.from({ length: plain.length + 1 }, (_, at) => table.get(at)),
            [...plain, undefined],
          );
        }
      }),
    );
  });
});

describe('the encoder', () => {
  it('makes blocks that any decoder reads, whatever it has read before', () => {
    const decoder = createHeaderDecoder();
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        assert.deepEqual(decoder.decode(encodeHeaders(fields).bytes)?.fields, fields);
      }),
    );
  });

  it('lets strings go out as they are, without a Huffman code', () => {
    const { bytes } = encodeHeaders([['x', 'a'.repeat(64)]]);
    assert.equal(bytes.toString('latin1'), `\0\x01x\x40${'a'.repeat(64)}`);
  });

  it('marks credentials, and the names it is given, as never to be indexed', () => {
    const first = (fields: Field[], sensitive?: ReadonlySet<string>) => encodeHeaders(fields, sensitive).bytes[0];
    assert.equal((first([['x-key', 'a']]) ?? 0) & 0xf0, 0x00);
    assert.equal((first([['x-key', 'a']], new Set(['x-key'])) ?? 0) & 0xf0, 0x10);
    assert.equal((first([['authorization', 'a']], new Set(['x-key'])) ?? 0) & 0xf0, 0x10);
  });
});

describe('the decoder', () => {
  it('gives the same list for the same bytes, until the table moves', () => {
    const decoder = createHeaderDecoder();
    const { bytes } = encodeHeaders(request);
    const first = decoder.decode(bytes);
    assert.equal(decoder.decode(Buffer.from(bytes)), first);
    decoder.decode(adding('x-a', '1'));
    assert.deepEqual(decoder.decode(Buffer.of(0xbe))?.fields, [['x-a', '1']]);
    decoder.decode(adding('x-b', '2'));
    assert.deepEqual(decoder.decode(Buffer.of(0xbe))?.fields, [['x-b', '2']]);
    assert.notEqual(decoder.decode(bytes), first);
  });

  it('adds a field each time that its block comes', () => {
    const decoder = createHeaderDecoder();
    decoder.decode(adding('x-a', '1'));
    decoder.decode(adding('x-a', '1'));
    assert.deepEqual(decoder.decode(Buffer.of(0xbf))?.fields, [['x-a', '1']]);
  });

  it('joins the values of a name that comes again, and counts 32 for each field', () => {
    const list = createHeaderDecoder().decode(
      encodeHeaders([
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ]).bytes,
    );
    assert.deepEqual([list?.get('a'), list?.get('b'), list?.get('c'), list?.size], ['1, 3', '2', undefined, 102]);
  });

  it('refuses a list that is too large or too long, and keeps its table in step', () => {
    const decoder = createHeaderDecoder({ listBytesMax: 100, fieldsMax: 2 });
    const within = [adding('x-a', 'y'.repeat(30)), adding('x-b', '')];
    assert.equal(decoder.decode(Buffer.concat(within))?.size, 100);
    assert.equal(decoder.decode(Buffer.concat([...within, adding('x-c', 'after')])), undefined);
    assert.deepEqual(decoder.decode(Buffer.of(0xbe))?.fields, [['x-c', 'after']]);
    assert.equal(decoder.decode(adding('x-d', 'y'.repeat(66))), undefined);
    assert.deepEqual(decoder.decode(Buffer.of(0xbf))?.fields, [['x-c', 'after']]);
    assert.equal(decoder.decode(Buffer.of(0x82, 0x84, 0x86)), undefined);
    wrong(() => decoder.decode(Buffer.of(0x82, 0x84, 0x86, 0xff)));
  });

  it('makes nothing of a list of references to a large field', () => {
    const decoder = createHeaderDecoder();
    assert.equal(decoder.decode(adding('x', 'y'.repeat(4000)))?.fields.length, 1);
    assert.equal(decoder.decode(Buffer.alloc(60_000, 0xbe)), undefined);
    assert.equal(decoder.decode(Buffer.of(0xbe))?.fields.length, 1);
  });

  it('takes a change of the size of its table at the start of a block only, and up to what SETTINGS allow', () => {
    const decoder = createHeaderDecoder({ tableBytesMax: 100 });
    decoder.decode(adding('x-a', '1'));
    const resizeTo100 = Buffer.of(0x3f, 0x45);
    assert.deepEqual(decoder.decode(Buffer.concat([resizeTo100, Buffer.of(0xbe)]))?.fields, [['x-a', '1']]);
    assert.deepEqual(decoder.decode(Buffer.of(0x20))?.fields, []);
    wrong(() => decoder.decode(Buffer.of(0xbe)));
    wrong(() => createHeaderDecoder({ tableBytesMax: 100 }).decode(Buffer.of(0x3f, 0x46)));
    wrong(() => createHeaderDecoder().decode(Buffer.of(0x82, 0x20)));
  });

  it('refuses an index that there is not, 0 included', () => {
    wrong(() => createHeaderDecoder().decode(Buffer.of(0x80)));
    wrong(() => createHeaderDecoder().decode(Buffer.of(0xbe)));
    wrong(() => createHeaderDecoder().decode(Buffer.of(0x7e, 0x00)));
  });

  it('says nothing but CompressionError of a block of which one byte is another, or that is cut short', () => {
    const block = Buffer.concat([encodeHeaders(request).bytes, adding('x-a', '1'), Buffer.of(0xbe)]);
    let refused = 0;
    const isRefused = (bytes: Buffer): void => {
      try {
        createHeaderDecoder().decode(bytes);
      } catch (error) {
        assert.ok(error instanceof CompressionError, String(error));
        refused++;
      }
    };
    for (let at = 0; at < block.length; at++) {
      isRefused(block.subarray(0, at));
      for (let byte = 0; byte < 256; byte++) isRefused(Buffer.from(block.with(at, byte)));
    }
    assert.ok(refused > block.length);
  });

  it('says nothing but CompressionError of any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 4 }), (blocks) => {
        const decoder = createHeaderDecoder({ listBytesMax: 200 });
        try {
          for (const block of blocks) decoder.decode(Buffer.from(block));
        } catch (error) {
          assert.ok(error instanceof CompressionError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
