import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Datatype, type Signature, type TensorSpec, unpackBytes } from '@sheaf/inference';
import { jsonElements } from '@sheaf/tensor-io';
import type { Cell, Row } from '../rows/row.ts';
import { collect } from '../testing/read-all.ts';
import { compileMapping } from './compile.ts';
import type { RowsRequest } from './compiled.ts';
import type { TensorMapping } from './mapping.ts';

const spec = (name: string, datatype: Datatype, ...shape: number[]): TensorSpec => ({ name, datatype, shape });
const out = [spec('y', 'FP32', -1)];

type Written = Readonly<Record<string, Cell>>;

async function* rowsOf(written: readonly Written[]): AsyncGenerator<Row> {
  for (const [index, cells] of written.entries()) yield { row: index + 1, cells: new Map(Object.entries(cells)) };
}

async function requestsOf(
  written: readonly Written[],
  signature: Signature,
  tensors: readonly TensorMapping[],
  { folder = '/', types = {} as Readonly<Record<string, string>>, rowsMax = 10 } = {},
) {
  const columns = Object.keys(written[0] ?? {}).map((name) => ({ name, type: types[name] ?? 'text' }));
  const mapping = { key: ['id'], tensors, outputs: [] };
  const made = await collect(
    compileMapping(mapping, signature, { columns, folder }).requests(rowsOf(written), rowsMax),
  );
  const requests = made.flatMap((one): RowsRequest[] => (one.kind === 'request' ? [one.request] : []));
  const errors = made.flatMap((one) => (one.kind === 'error' ? [one.error] : []));
  return { requests, errors, messages: errors.map(({ message }) => message) };
}

const values = (tensor: string, ...columns: string[]): TensorMapping => ({ tensor, columns, from: 'values' });
const inputsOf = (requests: readonly RowsRequest[]) =>
  requests.map(({ content }) => content.inputs.map((tensor) => [tensor.shape, jsonElements(tensor)]));

describe('columns become tensors', () => {
  it('of which rows are the first dimension, several columns are a vector, and a list is one', async () => {
    const signature = {
      inputs: [spec('x', 'FP32', -1, 2), spec('ids', 'INT64', -1), spec('v', 'FP64', -1, -1)],
      outputs: out,
    };
    const written = [
      { id: 'a', p: '1.5', q: '-2e1', n: '9223372036854775807', v: [1, 2] },
      { id: 'b', p: 'NaN', q: 0.25, n: 9007199254740993n, v: [3, 4] },
      { id: 'c', p: 1, q: 2, n: 3, v: [5] },
    ];
    const { requests, errors } = await requestsOf(
      written,
      signature,
      [values('x', 'p', 'q'), values('ids', 'n'), values('v', 'v')],
      {
        types: { v: 'list of DOUBLE' },
      },
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(inputsOf(requests), [
      [
        [
          [2, 2],
          [1.5, -20, 'NaN', 0.25],
        ],
        [[2], ['9223372036854775807', '9007199254740993']],
        [
          [2, 2],
          [1, 2, 3, 4],
        ],
      ],
      // A row of another shape cannot lie in one tensor with them.
      [
        [
          [1, 2],
          [1, 2],
        ],
        [[1], [3]],
        [[1, 1], [5]],
      ],
    ]);
    assert.deepEqual(
      requests[0]?.rows.map(({ row, key }) => [row, key]),
      [
        [1, 'a'],
        [2, 'b'],
      ],
    );
  });

  it('in requests of their own, where a request has no room for several', async () => {
    const signature = { inputs: [spec('x', 'FP32', 1, 2)], outputs: out };
    const { requests } = await requestsOf(
      [
        { id: 1, p: 1, q: 2 },
        { id: 2, p: 3, q: 4 },
      ],
      signature,
      [values('x', 'p', 'q')],
    );
    assert.deepEqual(inputsOf(requests), [
      [
        [
          [1, 2],
          [1, 2],
        ],
      ],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    assert.equal(requests[0]?.isStacked, false);
  });

  const refusals: [Datatype, Cell, string][] = [
    ['FP32', '1,5', 'column p: want a number with a decimal point and nothing else (FP32), got "1,5"'],
    ['FP32', '1.234,5', 'column p: want a number with a decimal point and nothing else (FP32), got "1.234,5"'],
    ['FP32', 'abc', 'column p: want a number (FP32), got "abc"'],
    ['FP32', '', 'column p: want a value (FP32), got an empty cell; "missing" says what stands in for it'],
    ['FP32', 'NA', 'column p: want a value (FP32), got "NA"; "missing" says what stands in for it'],
    ['FP32', true, 'column p: want a number (FP32), got true'],
    ['FP32', '1e39', 'column p: want a number that FP32 has, got "1e39"'],
    ['FP16', 65_520, 'column p: want a number that FP16 has, got 65520'],
    ['FP64', '1e400', 'column p: want a number that FP64 has, got "1e400"'],
    [
      'INT64',
      '9223372036854775808',
      'column p: want an integer from -9223372036854775808 to 9223372036854775807 (INT64), got "9223372036854775808"',
    ],
    ['INT8', 128, 'column p: want an integer from -128 to 127 (INT8), got 128'],
    ['UINT8', '-1', 'column p: want an integer from 0 to 255 (UINT8), got "-1"'],
    ['INT32', 1.5, 'column p: want an integer from -2147483648 to 2147483647 (INT32), got 1.5'],
    [
      'INT64',
      2 ** 53,
      'column p: want an integer from -9223372036854775808 to 9223372036854775807 (INT64), got 9007199254740992',
    ],
    ['BOOL', 'yes', 'column p: want true or false, got "yes"'],
    ['BYTES', null, 'column p: want a value (BYTES), got an empty cell; "missing" says what stands in for it'],
  ];
  for (const [datatype, cell, message] of refusals)
    it(`not where ${JSON.stringify(cell)} is to be ${datatype}`, async () => {
      const { messages, errors, requests } = await requestsOf(
        [{ id: 'k', p: cell }],
        { inputs: [spec('x', datatype, -1)], outputs: out },
        [values('x', 'p')],
      );
      assert.deepEqual(messages, [message]);
      assert.deepEqual(
        [errors[0]?.row, errors[0]?.key, errors[0]?.column, errors[0]?.code],
        [1, 'k', 'p', 'INVALID_ARGUMENT'],
      );
      assert.deepEqual(requests, []);
    });

  it('where the cells say the same in another way', async () => {
    const taken: [Datatype, Cell[], unknown[]][] = [
      ['INT64', ['+7', '3.0', 4, ' 5 '], [7, 3, 4, 5]],
      ['BOOL', ['True', 'FALSE', 1, '0'], [true, false, true, false]],
      ['FP32', ['inf', '-Infinity', '.5', '1.'], ['Infinity', '-Infinity', 0.5, 1]],
      ['BYTES', ['', 'é', 5n, true], ['', 'é', '5', 'true']],
    ];
    for (const [datatype, cells, want] of taken) {
      const written = cells.map((p, id) => ({ id, p }));
      const { requests, messages } = await requestsOf(written, { inputs: [spec('x', datatype, -1)], outputs: out }, [
        values('x', 'p'),
      ]);
      assert.deepEqual(messages, []);
      assert.deepEqual(inputsOf(requests), [[[[cells.length], want]]]);
    }
  });

  it('with what stands in for empty cells', async () => {
    const { requests } = await requestsOf(
      [
        { id: 1, p: '' },
        { id: 2, p: null },
      ],
      { inputs: [spec('x', 'FP32', -1)], outputs: out },
      [{ ...values('x', 'p'), missing: 'NaN' }],
    );
    assert.deepEqual(inputsOf(requests), [[[[2], ['NaN', 'NaN']]]]);
  });

  it('of lists that a table has as JSON, with integers beyond 2^53', async () => {
    const { requests, messages } = await requestsOf(
      [
        { id: 1, p: '[9007199254740993, 2]' },
        { id: 2, p: '[1]' },
      ],
      { inputs: [spec('x', 'INT64', -1, 2)], outputs: out },
      [values('x', 'p')],
    );
    assert.deepEqual(inputsOf(requests), [
      [
        [
          [1, 2],
          ['9007199254740993', 2],
        ],
      ],
    ]);
    assert.deepEqual(messages, ['column p: want values for [2] for x, got 1 in a list of [1]']);
  });
});

describe('keys', () => {
  const signature = { inputs: [spec('x', 'FP32', -1)], outputs: out };

  it('stand once in a chunk, and are never empty', async () => {
    const written = [
      { id: 'a', p: 1 },
      { id: '', p: 1 },
      { id: 'a', p: 2 },
      { id: 'b', p: 3 },
    ];
    const { errors, requests } = await requestsOf(written, signature, [values('x', 'p')]);
    assert.deepEqual(
      errors.map(({ row, code, message }) => [row, code, message]),
      [
        [2, 'INVALID_ARGUMENT', 'column id: want a key, got an empty cell'],
        [3, 'DUPLICATE_KEY', 'want each key once, got "a" again, which row 1 has'],
      ],
    );
    assert.deepEqual(
      requests[0]?.rows.map(({ key }) => key),
      ['a', 'b'],
    );
  });

  it('of several columns are the list of them', async () => {
    const columns = ['id', 'day', 'p'].map((name) => ({ name, type: 'text' }));
    const mapping = { key: ['id', 'day'], tensors: [values('x', 'p')], outputs: [] };
    const [made] = await collect(
      compileMapping(mapping, signature, { columns, folder: '/' }).requests(
        rowsOf([{ id: 7n, day: '2026-01-01', p: 1 }]),
        10,
      ),
    );
    assert.equal(made?.kind === 'request' && made.request.rows[0]?.key, '["7","2026-01-01"]');
  });
});

describe('files that cells name', () => {
  it('are read from the folder of the input, and from nowhere else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-files-'));
    await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
    await writeFile(join(folder, 'a.txt'), 'hello');
    await symlink('/etc/hostname', join(folder, 'out.txt'));
    const written = ['a.txt', '../x', '/etc/hostname', 'out.txt', 'none.txt'].map((file, id) => ({ id, file }));
    const signature = { inputs: [spec('x', 'BYTES', -1)], outputs: out };
    const { requests, messages } = await requestsOf(
      written,
      signature,
      [{ tensor: 'x', columns: ['file'], from: 'file' }],
      { folder },
    );
    const [tensor] = requests[0]?.content.inputs ?? [];
    assert.deepEqual(tensor && unpackBytes(tensor.data).map((bytes) => Buffer.from(bytes).toString()), ['hello']);
    assert.deepEqual(messages, [
      'column file: ../x: cannot be read (ENOENT)',
      'column file: want a path from the folder of the input, got "/etc/hostname"',
      'column file: want a file in the folder of the input, got "out.txt"',
      'column file: none.txt: cannot be read (ENOENT)',
    ]);
  });
});

describe('a mapping', () => {
  it('that does not fit is told everything that is wrong', () => {
    const signature = { inputs: [spec('x', 'FP32', -1), spec('z', 'FP32', -1)], outputs: out };
    const mapping = { key: ['id'], tensors: [values('w', 'p')], outputs: ['q'] };
    assert.throws(() => compileMapping(mapping, signature, { columns: [{ name: 'a', type: 'text' }], folder: '/' }), {
      code: 'INVALID_ARGUMENT',
      message: [
        'there is no column "id"; the columns are a',
        'there is no column "p"; the columns are a',
        'there is no input "w"; the inputs are x, z',
        'input "x" has no column',
        'input "z" has no column',
        'there is no output "q"; the outputs are y',
      ].join('; '),
    });
  });
});
