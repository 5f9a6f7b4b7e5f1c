import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packBytes, type Tensor, tensorOf } from '@sheaf/inference';
import fc from 'fast-check';
import { joinRows, splitRows } from './batch.ts';

const floats = fc
  .array(fc.array(fc.float(), { minLength: 2, maxLength: 2 }), { maxLength: 5 })
  .map((rows): Tensor[] => [tensorOf('x', 'FP32', [rows.length, 2], Float32Array.from(rows.flat()))]);
const texts = fc
  .array(fc.array(fc.string(), { minLength: 2, maxLength: 2 }), { maxLength: 5 })
  .map((rows): Tensor[] => [{ name: 'x', datatype: 'BYTES', shape: [rows.length, 2], data: packBytes(rows.flat()) }]);
const rowsOf = (inputs: readonly Tensor[]): number => inputs[0]?.shape[0] ?? 0;

describe('a batch', () => {
  it('gives each request the rows that it put in, with or without padding, for numbers and for BYTES', () => {
    const requests = fc.oneof(
      fc.array(floats, { minLength: 1, maxLength: 6 }),
      fc.array(texts, { minLength: 1, maxLength: 6 }),
    );
    fc.assert(
      fc.property(requests, fc.nat(3), (all, padding) => {
        const counts = all.map(rowsOf);
        const total = counts.reduce((sum, count) => sum + count, 0);
        // Zeros can only be as wide as the rows that there are.
        const joined = joinRows(all, total === 0 ? 0 : total + padding);
        const answers = splitRows(joined, counts);
        assert.deepEqual(
          answers.map((tensors) => tensors.map(({ shape }) => shape)),
          all.map((tensors) => tensors.map(({ shape }) => shape)),
        );
        for (const [index, tensors] of answers.entries())
          assert.deepEqual(Buffer.from(tensors[0]?.data ?? []), Buffer.from(all[index]?.[0]?.data ?? []));
      }),
    );
  });

  it('finds the inputs of each request by name, in whatever order they come', () => {
    const input = (name: string, value: number): Tensor => tensorOf(name, 'FP32', [1], Float32Array.of(value));
    const joined = joinRows(
      [
        [input('a', 1), input('b', 2)],
        [input('b', 4), input('a', 3)],
      ],
      2,
    );
    assert.deepEqual(
      joined.map(({ name, memory }) => [name, [...new Float32Array(memory)]]),
      [
        ['a', [1, 3]],
        ['b', [2, 4]],
      ],
    );
  });

  it('is refused when the model gave fewer rows than it got', () => {
    const joined = joinRows([[tensorOf('x', 'FP32', [2], Float32Array.of(1, 2))]], 2);
    assert.throws(() => splitRows(joined, [2, 1]), { code: 'INTERNAL' });
  });
});
