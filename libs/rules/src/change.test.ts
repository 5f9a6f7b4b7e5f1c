import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Datatype, elements, type Tensor, tensorOf } from '@sheaf/inference';
import { changed, changeMistake } from './change.ts';
import type { AfterRule } from './spec.ts';

const rule = (action: 'cap' | 'raise' | 'round' | 'replace', bound: number): AfterRule =>
  ({ kind: action, name: 'r', [action]: new Map([['y', bound]]), when: undefined, shadow: undefined }) as never;

const mistake = (datatype: Datatype, action: Parameters<typeof rule>[0], bound: number): string | undefined =>
  changeMistake(rule(action, bound), { name: 'y', datatype, shape: [-1] });

const int64 = (...values: bigint[]): Tensor => tensorOf('y', 'INT64', [values.length], BigInt64Array.from(values));
const values = (tensor: Tensor): unknown[] => [...elements({ ...tensor, datatype: 'INT64' })];

describe('what a rule may write into integers', () => {
  for (const [datatype, bound] of [
    ['UINT8', -1],
    ['UINT8', 300],
    ['INT64', 1e30],
    ['INT32', 0.5],
    ['INT64', Number.MAX_SAFE_INTEGER + 1],
  ] as const)
    it(`is not ${bound} for ${datatype}`, () => {
      assert.match(mistake(datatype, 'replace', bound) ?? '', /^want an integer that U?INT\d+ has, from .*, got /);
    });

  it('is what the datatype has', () => {
    assert.equal(mistake('UINT8', 'replace', 255), undefined);
    assert.equal(mistake('INT8', 'cap', -128), undefined);
    assert.equal(mistake('FP32', 'cap', 0.5), undefined);
    assert.equal(mistake('INT32', 'round', 2), undefined);
  });
});

describe('changing integers of 64 bits', () => {
  const [odd, low] = [9_007_199_254_740_993n, -9_007_199_254_740_993n];

  it('leaves those alone that the bound does not concern', () => {
    assert.deepEqual(values(changed(rule('cap', 2 ** 53 - 1), new Set(), int64(low, 1n), undefined)), [low, 1n]);
    assert.deepEqual(values(changed(rule('raise', 0), new Set(), int64(odd, -1n), undefined)), [odd, 0n]);
  });

  it('rounds none of them', () => {
    assert.deepEqual(values(changed(rule('round', 0), new Set(), int64(odd, 7n), undefined)), [odd, 7n]);
  });

  it('writes in the rows that are meant', () => {
    assert.deepEqual(values(changed(rule('replace', 5), new Set(), int64(odd, 7n), [false, true])), [odd, 5n]);
  });
});
