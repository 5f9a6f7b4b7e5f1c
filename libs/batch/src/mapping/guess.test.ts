import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Datatype, TensorSpec } from '@sheaf/inference';
import type { Cell } from '../rows/row.ts';
import { type GuessFrom, guessMapping } from './guess.ts';

const spec = (name: string, datatype: Datatype, ...shape: number[]): TensorSpec => ({ name, datatype, shape });

function guessed(
  inputs: readonly TensorSpec[],
  table: readonly Readonly<Record<string, Cell>>[],
  rest: Partial<GuessFrom> = {},
) {
  const columns = Object.keys(table[0] ?? {}).map((name) => ({ name, type: 'text' }));
  const rows = table.map((cells, index) => ({ row: index + 1, cells: new Map(Object.entries(cells)) }));
  const { mapping, open } = guessMapping({ signature: { inputs, outputs: [] }, format: 'csv', columns, rows, ...rest });
  return {
    key: mapping.key,
    tensors: mapping.tensors.map(({ tensor, columns: own, from }) => [tensor, from, ...own]),
    open,
  };
}

describe('a guess', () => {
  it('takes columns by their names, then by numbers, counts and what is left', () => {
    const inputs = [
      spec('Amount', 'FP32', -1),
      spec('x', 'FP32', -1, 3),
      spec('v', 'FP32', -1, 2),
      spec('comment', 'BYTES', -1),
    ];
    const row = { order_id: '1', amount: '5', 'x.2': 3, 'x.10': 4, 'x.1': 2, a: '1', b: 'NaN', words: 'fine' };
    assert.deepEqual(guessed(inputs, [row, { ...row, order_id: '2' }]), {
      key: ['order_id'],
      tensors: [
        ['Amount', 'values', 'amount'],
        ['x', 'values', 'x.1', 'x.2', 'x.10'],
        ['v', 'values', 'a', 'b'],
        ['comment', 'values', 'words'],
      ],
      open: [],
    });
  });

  it('says what it cannot tell, and takes nothing then', () => {
    const table = [
      { id: 'a', p: '1', q: '2', r: '3' },
      { id: 'a', p: '1', q: '2', r: '3' },
    ];
    assert.deepEqual(guessed([spec('x', 'FP32', -1, 2)], table), {
      key: [],
      tensors: [],
      open: [
        'the key: no column is called id or key, or ends in _id, with another value in each row; the columns are id, p, q, r',
        'input x (FP32 [-1,2]): the columns that are left are id, p, q, r',
      ],
    });
  });

  it('takes the images of a folder, and the files that a column names', () => {
    const image = spec('image', 'FP32', -1, -1, 3);
    assert.deepEqual(guessed([image], [{ file: 'a.png' }], { format: 'images' }), {
      key: ['file'],
      tensors: [['image', 'file', 'file']],
      open: [],
    });
    assert.deepEqual(guessed([image], [{ id: 1, image: 'a.png' }]).tensors, [['image', 'file', 'image']]);
  });
});
