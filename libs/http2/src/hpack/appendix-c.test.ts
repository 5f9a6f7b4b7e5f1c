import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeHuffman, huffmanLength } from '../testing/encode-huffman.ts';
import type { Field } from '../types.ts';
import { createHeaderDecoder } from './decoder.ts';
import { createDynamicTable } from './dynamic-table.ts';
import { decodeHuffman } from './huffman.ts';
import { decodeInteger, integerText } from './integer.ts';

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

const requests: readonly (readonly Field[])[] = [
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];

const cookie = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const response = (status: string, date: string): Field[] => [
  [':status', status],
  ['cache-control', 'private'],
  ['date', date],
  ['location', 'https://www.example.com'],
];
const responses: readonly (readonly Field[])[] = [
  response('302', 'Mon, 21 Oct 2013 20:13:21 GMT'),
  response('307', 'Mon, 21 Oct 2013 20:13:21 GMT'),
  [...response('200', 'Mon, 21 Oct 2013 20:13:22 GMT'), ['content-encoding', 'gzip'], ['set-cookie', cookie]],
];

interface Sequence {
  readonly title: string;
  readonly tableBytesMax: number;
  readonly blocks: readonly string[];
  readonly lists: readonly (readonly Field[])[];
}

const sequences: readonly Sequence[] = [
  {
    title: 'C.3: requests without Huffman code',
    tableBytesMax: 4096,
    blocks: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    lists: requests,
  },
  {
    title: 'C.4: requests with Huffman code',
    tableBytesMax: 4096,
    blocks: [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    lists: requests,
  },
  {
    title: 'C.5: responses without Huffman code, in a table that is too small for them',
    tableBytesMax: 256,
    blocks: [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e
       1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d
       4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572
       7369 6f6e 3d31`,
    ],
    lists: responses,
  },
  {
    title: 'C.6: responses with Huffman code, in a table that is too small for them',
    tableBytesMax: 256,
    blocks: [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b
       97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf
       cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
    lists: responses,
  },
];

describe('HPACK keeps RFC 7541, appendix C', () => {
  for (const [value, prefixBits, bytes] of [
    [10, 5, [0x0a]],
    [1337, 5, [0x1f, 0x9a, 0x0a]],
    [42, 8, [0x2a]],
  ] as const)
    it(`C.1: reads and writes ${value} with a prefix of ${prefixBits} bits`, () => {
      assert.deepEqual([...Buffer.from(integerText(value, prefixBits, 0), 'latin1')], bytes);
      const cursor = { bytes: Buffer.from(bytes), at: 0 };
      assert.equal(decodeInteger(cursor, prefixBits), value);
      assert.equal(cursor.at, bytes.length);
    });

  for (const [title, block, field] of [
    [
      'C.2.1: a literal with indexing',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      ['custom-key', 'custom-header'],
    ],
    ['C.2.2: a literal without indexing', '040c 2f73 616d 706c 652f 7061 7468', [':path', '/sample/path']],
    ['C.2.3: a literal never indexed', '1008 7061 7373 776f 7264 0673 6563 7265 74', ['password', 'secret']],
    ['C.2.4: an indexed field', '82', [':method', 'GET']],
  ] as const)
    it(title, () => assert.deepEqual(createHeaderDecoder().decode(bytesOf(block))?.fields, [field]));

  for (const { title, tableBytesMax, blocks, lists } of sequences)
    it(title, () => {
      const decoder = createHeaderDecoder({ tableBytesMax });
      const decoded = blocks.map((block) => decoder.decode(bytesOf(block))?.fields);
      assert.deepEqual(decoded, lists);
    });

  it('C.5: the table holds what the appendix says after each response', () => {
    const table = createDynamicTable(256);
    const [first = [], second = [], third = []] = responses;
    for (const field of first) table.add(field);
    assert.deepEqual([table.length, table.size], [4, 222]);
    table.add(second[0] ?? ['', '']);
    assert.deepEqual([table.length, table.size, table.get(3)?.[0]], [4, 222, 'cache-control']);
    for (const at of [2, 4, 5]) table.add(third[at] ?? ['', '']);
    assert.deepEqual([table.length, table.size], [3, 215]);
    assert.deepEqual(table.get(0), ['set-cookie', cookie]);
    assert.equal(table.get(3), undefined);
  });

  it('C.4 and C.6: writes the Huffman codes of the appendix', () => {
    for (const [text, code] of [
      ['www.example.com', 'f1e3 c2e5 f23a 6ba0 ab90 f4ff'],
      ['custom-value', '25a8 49e9 5bb8 e8b4 bf'],
      ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff'],
    ] as const) {
      const target = Buffer.alloc(huffmanLength(text));
      assert.equal(encodeHuffman(text, target, 0), target.length);
      assert.deepEqual(target, bytesOf(code));
      assert.equal(decodeHuffman(target, 0, target.length), text);
    }
  });
});
