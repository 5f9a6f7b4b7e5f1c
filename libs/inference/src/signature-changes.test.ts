import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TensorSpec } from './signature.ts';
import { breakingChanges } from './signature-changes.ts';

const x: TensorSpec = { name: 'x', datatype: 'FP32', shape: [-1, 4] };
const y: TensorSpec = { name: 'y', datatype: 'FP32', shape: [-1, 3], labels: ['a', 'b', 'c'] };

const changes = (inputs: readonly TensorSpec[], outputs: readonly TensorSpec[] = [y], before = [x]): string[] =>
  breakingChanges({ inputs: before, outputs: [y] }, { inputs, outputs });

describe('a version stands in for another one', () => {
  it('where it takes all that the other takes, and gives what the other gives', () => {
    for (const [inputs, outputs] of [
      [[x], [y]],
      [[{ ...x, shape: [-1, -1] }], [y, { ...y, name: 'more' }]],
      [[{ ...x, shape: [], unranked: true }], [{ ...y, shape: [7, 3] }]],
      [[x, { ...x, name: 'z', optional: true }], [y]],
    ] as [TensorSpec[], TensorSpec[]][])
      assert.deepEqual(changes(inputs, outputs), []);
  });

  it('and not where callers would be refused, or read something else', () => {
    const cases: [TensorSpec[], TensorSpec[], string][] = [
      [[], [y], 'input "x" is gone, and callers send it'],
      [[x, { ...x, name: 'z' }], [y], 'input "z" is new, and no caller sends it'],
      [[{ ...x, datatype: 'FP64' }], [y], 'input "x" was FP32 and is FP64'],
      [[{ ...x, shape: [1, 4] }], [y], 'input "x" took [?, 4] and takes [1, 4]'],
      [[{ ...x, shape: [-1, 5] }], [y], 'input "x" took [?, 4] and takes [?, 5]'],
      [[{ ...x, shape: [-1] }], [y], 'input "x" took [?, 4] and takes [?]'],
      [[x], [], 'output "y" is gone'],
      [[x], [{ ...y, datatype: 'INT64' }], 'output "y" was FP32 and is INT64'],
      [[x], [{ ...y, shape: [-1, -1] }], 'output "y" was [?, 3] and is [?, ?]'],
      [[x], [{ ...y, shape: [], unranked: true }], 'output "y" was [?, 3] and is any shape'],
      [[x], [{ ...y, optional: true }], 'output "y" was always there and may be missing'],
      [[x], [{ ...y, labels: ['b', 'a', 'c'] }], 'output "y" has other labels: a, b, c before, b, a, c now'],
    ];
    for (const [inputs, outputs, why] of cases) assert.deepEqual(changes(inputs, outputs), [why]);
  });

  it('and not where sizes have to be equal that could differ', () => {
    const [a, b] = ['a', 'b'].map((name): TensorSpec => ({ name, datatype: 'FP32', shape: [-1], symbols: [name] }));
    const tied = [a, b].map((spec) => ({ ...(spec as TensorSpec), symbols: ['n'] }));
    assert.deepEqual(changes(tied, [y], [a, b] as never), [
      'inputs "a"[0] and "b"[0] have to have one size, and could differ',
    ]);
    assert.deepEqual(changes([a, b] as never, [y], tied as never), []);
  });
});
